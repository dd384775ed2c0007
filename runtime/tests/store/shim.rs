//! A library in front of the system's, in which a sync or a write fails when it is told to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `FAIL_SYNC_AT`-th sync fails; and so does the next call of what is named in the file `FAIL_NEXT`, which is gone then.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;
/* The file of which only a half was written. */
static atomic_int full = -1;

static int is_next(const char *name) {
    const char *path = getenv("FAIL_NEXT");
    if (!path) return 0;
    char next[16] = {0};
    int file = open(path, O_RDONLY);
    if (file < 0) return 0;
    ssize_t length = read(file, next, sizeof next - 1);
    close(file);
    return length > 0 && strcmp(next, name) == 0 && unlink(path) == 0;
}

static int sync_or_fail(const char *name, int file) {
    const char *at = getenv("FAIL_SYNC_AT");
    if ((at && atomic_fetch_add(&calls, 1) + 1 == atol(at)) || is_next("sync")) {
        fprintf(stderr, "%s fails\n", name);
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(file);
}

int fsync(int file) { return sync_or_fail("fsync", file); }
int fdatasync(int file) { return sync_or_fail("fdatasync", file); }

ssize_t write(int file, const void *bytes, size_t length) {
    ssize_t (*real)(int, const void *, size_t) = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (file > 2 && is_next("half")) {
        atomic_store(&full, file);
        return real(file, bytes, length / 2);
    }
    int expected = file;
    int is_full = atomic_compare_exchange_strong(&full, &expected, -1);
    if (is_full || (file > 2 && is_next("write"))) {
        fprintf(stderr, "write fails\n");
        errno = ENOSPC;
        return -1;
    }
    return real(file, bytes, length);
}
"#;

/// The library, made in `folder`; none where there is no C compiler, or libraries are not loaded in this way.
pub(crate) fn shim(folder: &Path) -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let (source, library) = (folder.join("sync.c"), folder.join("sync.so"));
    fs::write(&source, SHIM).unwrap();
    let made =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").output();
    made.is_ok_and(|made| made.status.success()).then_some(library)
}
