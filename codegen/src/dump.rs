//! What the generator makes of the workflows and activities of a file, to be read or kept: for build scripts and command
//! lines. It is there with the feature `dump`.
//!
//! ```no_run
//! // build.rs
//! println!("cargo::rerun-if-changed=src/checkout.rs");
//! longhaul_codegen::dump::to_folder("src/checkout.rs", "target/longhaul")?;
//! # Ok::<(), longhaul_codegen::dump::DumpError>(())
//! ```

use std::fmt;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Item};

use crate::emit;

/// What became of one item.
#[derive(Debug, Clone)]
pub struct Dumped {
    /// The name of the type or function.
    pub name: String,
    /// The expansion, formatted. Errors are `compile_error!`s in it.
    pub code: String,
    /// For a workflow without errors: its machines.
    pub machines: Option<Machines>,
}

/// What can be seen of a workflow's machines without compiling them.
#[derive(Debug, Clone)]
pub struct Machines {
    /// As a Mermaid state diagram.
    pub mermaid: String,
    /// In DOT, the language of Graphviz.
    pub dot: String,
    /// The states with their slots, in the form of a schema. The types of variables are not known here: a schema with
    /// types comes from a test, `longhaul::testing::schema_is_compatible!`.
    pub schema: String,
}

/// Why there is nothing to show.
#[derive(Debug)]
pub enum DumpError {
    /// A file or folder could not be read or written.
    Io(PathBuf, std::io::Error),
    /// The source, or what was made of it, is no Rust.
    Syntax(PathBuf, syn::Error),
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DumpError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            DumpError::Syntax(path, error) => {
                let start = error.span().start();
                write!(f, "{}:{}:{}: {error}", path.display(), start.line, start.column + 1)
            }
        }
    }
}

impl std::error::Error for DumpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DumpError::Io(_, error) => Some(error),
            DumpError::Syntax(_, error) => Some(error),
        }
    }
}

/// Expands all workflows and activities of a source text, those in its modules too.
///
/// ```
/// let source = "#[workflow] impl Hello { #[run] async fn run(&mut self, ctx: &Context) { ctx.sleep(days(1)).await; } }";
/// let all = longhaul_codegen::dump::text(source)?;
/// assert_eq!(all[0].name, "Hello");
/// assert!(all[0].code.contains("pub enum HelloState"));
/// assert!(all[0].machines.as_ref().is_some_and(|machines| machines.mermaid.contains("AwaitSleep --> [*]: timer")));
/// # Ok::<(), syn::Error>(())
/// ```
pub fn text(source: &str) -> syn::Result<Vec<Dumped>> {
    let mut all = Vec::new();
    items(syn::parse_file(source)?.items, &mut all)?;
    Ok(all)
}

/// As [`text`], of a file.
pub fn file(source: impl AsRef<Path>) -> Result<Vec<Dumped>, DumpError> {
    let path = source.as_ref();
    let text = std::fs::read_to_string(path).map_err(|error| DumpError::Io(path.to_owned(), error))?;
    self::text(&text).map_err(|error| DumpError::Syntax(path.to_owned(), error))
}

/// Writes what becomes of a file's items to a folder: `Name.rs`, and for a workflow `Name.mmd`, `Name.dot` and
/// `Name.states`. Gives the files; those that would not change are not touched.
pub fn to_folder(source: impl AsRef<Path>, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, DumpError> {
    let folder = folder.as_ref();
    std::fs::create_dir_all(folder).map_err(|error| DumpError::Io(folder.to_owned(), error))?;
    let mut written = Vec::new();
    for Dumped { name, code, machines } in file(source)? {
        let mut files = vec![("rs", code)];
        if let Some(Machines { mermaid, dot, schema }) = machines {
            files.extend([("mmd", mermaid), ("dot", dot), ("states", schema)]);
        }
        for (extension, text) in files {
            let path = folder.join(format!("{name}.{extension}"));
            if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                std::fs::write(&path, text).map_err(|error| DumpError::Io(path.clone(), error))?;
            }
            written.push(path);
        }
    }
    Ok(written)
}

fn items(all: Vec<Item>, dumped: &mut Vec<Dumped>) -> syn::Result<()> {
    for mut item in all {
        let (attrs, name) = match &mut item {
            Item::Mod(module) => {
                items(module.content.take().map(|(_, items)| items).unwrap_or_default(), dumped)?;
                continue;
            }
            Item::Impl(item) => {
                let name = item.self_ty.to_token_stream().to_string();
                (&mut item.attrs, name.split_whitespace().collect())
            }
            Item::Fn(item) => {
                let name = item.sig.ident.to_string();
                (&mut item.attrs, name)
            }
            _ => continue,
        };
        let Some((mark, arguments)) = take(attrs) else { continue };
        let item = item.to_token_stream();
        let mut facts = Vec::new();
        let expanded = match mark {
            "workflow" => crate::machine(&arguments, &item, &mut facts),
            "activity" => crate::activity(arguments, item),
            _ => crate::activities(arguments, item),
        };
        let machines = (!facts.is_empty()).then(|| {
            let schema = emit::schema(&facts).text();
            emit::drawn(&facts, |machines| Machines {
                mermaid: longhaul_describe::mermaid(machines, &[]),
                dot: longhaul_describe::dot(machines, &[]),
                schema,
            })
        });
        let code = prettyplease::unparse(&syn::parse2(expanded)?);
        dumped.push(Dumped { name: file_name(&name), code, machines });
    }
    Ok(())
}

/// A type's name as that of a file: `Shop<Card>` as `Shop-Card`.
fn file_name(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Removes the attribute of ours, if there is one; gives its name and what is in its parentheses.
fn take(attrs: &mut Vec<Attribute>) -> Option<(&'static str, TokenStream)> {
    let find = |attr: &Attribute| {
        ["workflow", "activity", "activities"].into_iter().find(|mark| crate::diag::is_attr(attr, mark))
    };
    let position = attrs.iter().position(|attr| find(attr).is_some())?;
    let attr = attrs.remove(position);
    let mark = find(&attr)?;
    let arguments = match attr.meta {
        syn::Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Some((mark, arguments))
}
