#!/usr/bin/env python3
"""Asks a rust-analyzer what an editor would ask inside of a workflow's body, and says what it answers.

    rust_analyzer.py SERVER [SYSROOT_SRC]

The file is examples/checkout/workflow.rs as it stands; edits are sent to the server only. One line for each question,
and an exit code of 1 if one of them is answered wrongly.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "examples/checkout/workflow.rs"
PATIENCE = float(os.environ.get("RUST_ANALYZER_PATIENCE", "900"))


class Server:
    """A language server on pipes: requests are answered in order, notifications are read along the way."""

    def __init__(self, command, sysroot_src):
        self.process = subprocess.Popen(
            [command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
            stderr=subprocess.PIPE if not os.environ.get("RA_LOG") else None)
        if self.process.stderr:
            threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.next_id = 0
        self.quiet = False
        self.settings = {
            "cargo": {
                "sysrootSrc": sysroot_src,
                "targetDir": True,
                # What has to be built for the macros to run; of the workspace only what is asked about.
                "buildScripts": {
                    "overrideCommand": [
                        "cargo", "check", "--quiet", "--message-format=json", "--package", "longhaul-examples",
                        "--all-targets", "--target-dir", str(ROOT / "target/rust-analyzer"),
                    ],
                    "invocationStrategy": "once",
                },
            },
            "checkOnSave": False,
            "procMacro": {"enable": True},
            "cachePriming": {"enable": False},
            "inlayHints": {"typeHints": {"enable": True}, "maxLength": None},
        }

    def send(self, message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def read(self):
        length = 0
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("the server has ended")
            if line == b"\r\n":
                break
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def handle(self, message):
        """Answers what the server asks, and notes when it has read everything."""
        method = message.get("method")
        if method == "experimental/serverStatus":
            status = message["params"]
            self.quiet = status["quiescent"]
            if status["health"] != "ok":
                print(f"server: {status['health']}: {status.get('message')}", file=sys.stderr)
        elif method == "workspace/configuration":
            self.send({"id": message["id"], "result": [self.settings for _ in message["params"]["items"]]})
        elif method and "id" in message:
            self.send({"id": message["id"], "result": None})

    def request(self, method, params):
        """Asks; what was asked while the text changed is asked again."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.next_id += 1
            number = self.next_id
            self.send({"id": number, "method": method, "params": params})
            while True:
                message = self.read()
                if message.get("id") == number and "method" not in message:
                    break
                self.handle(message)
            if "error" not in message:
                return message["result"]
            if message["error"]["code"] not in (-32801, -32802):
                raise SystemExit(f"{method}: {message['error']}")
            time.sleep(0.2)
        raise SystemExit(f"{method}: no answer")

    def wait_until_quiet(self):
        deadline = time.monotonic() + PATIENCE
        while not self.quiet:
            if time.monotonic() > deadline:
                raise SystemExit("the server is still reading")
            self.handle(self.read())


class Document:
    """The file as the server sees it."""

    def __init__(self, server, path):
        self.server, self.uri, self.version = server, path.as_uri(), 1
        self.original = self.text = path.read_text()
        server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": self.uri, "languageId": "rust", "version": 1, "text": self.text}}})

    def set(self, text):
        self.text = text
        self.version += 1
        self.server.send({"method": "textDocument/didChange", "params": {
            "textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [{"text": text}]}})

    def place(self, needle, into=0):
        """The position `into` characters into the only place that reads `needle`."""
        assert self.text.count(needle) == 1, f"{needle!r} is there {self.text.count(needle)} times"
        before = self.text[: self.text.index(needle) + into]
        return {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}

    def ask(self, method, **params):
        return self.server.request(method, {"textDocument": {"uri": self.uri}, **params})

    def typed(self, before, text, method="textDocument/completion"):
        """The labels offered after `text` was typed as a statement before `before`."""
        assert self.original.count(before) == 1, f"{before!r} is there {self.original.count(before)} times"
        self.set(self.original.replace(before, f"{text}\n        {before}"))
        place = self.place(f"{text}\n        {before}", len(text))
        answer = self.ask(method, position=place)
        self.set(self.original)
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return [item.get("filterText") or item["label"] for item in items]

    def inside(self, old, new, cursor):
        """The labels offered at `cursor` in `new`, which stands where `old` was."""
        assert self.original.count(old) == 1
        self.set(self.original.replace(old, new))
        answer = self.ask("textDocument/completion", position=self.place(new, cursor))
        self.set(self.original)
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return [item.get("filterText") or item["label"] for item in items]

    def definition(self, needle, into):
        """Where the definition is, as `file:line text`."""
        found = self.ask("textDocument/definition", position=self.place(needle, into)) or []
        shown = []
        for target in found if isinstance(found, list) else [found]:
            uri = target.get("targetUri") or target["uri"]
            line = (target.get("targetSelectionRange") or target["range"])["start"]["line"]
            path = Path(uri.removeprefix("file://"))
            shown.append(f"{path.name}: {path.read_text().splitlines()[line].strip()}")
        return shown

    def hints(self):
        """The type shown behind each `let`, by the line's text."""
        end = {"line": self.text.count("\n"), "character": 0}
        answer = self.ask("textDocument/inlayHint", range={"start": {"line": 0, "character": 0}, "end": end})
        lines = self.text.splitlines()
        hints = {}
        for hint in answer or []:
            label = hint["label"]
            text = label if isinstance(label, str) else "".join(part["value"] for part in label)
            if hint.get("kind") == 1:
                hints.setdefault(lines[hint["position"]["line"]].strip(), []).append(text.removeprefix(":").strip())
        return hints

    def hover(self, needle, into):
        answer = self.ask("textDocument/hover", position=self.place(needle, into))
        return answer["contents"]["value"] if answer else ""


def questions(document):
    """Each question: what is asked, what was answered, and whether that is right."""
    paying = "self.stage = Stage::Paying;"

    def offers(what, labels, *wanted):
        missing = [word for word in wanted if not any(label.split("(")[0] == word for label in labels)]
        return what, f"{len(labels)} offered, missing {missing}" if missing else f"{len(labels)} offered", not missing

    yield offers("completion after `self.`: fields and methods",
                 document.typed(paying, "self."), "stage", "decision", "notes", "approval", "approve")
    yield offers("completion after `ctx.`", document.typed(paying, "ctx."), "sleep", "wait_until", "uuid")
    yield offers("completion of a local variable", document.typed(paying, "approved"), "approved_by")
    yield offers("completion after a local variable, of the parameter's type",
                 document.typed(paying, "order."), "id", "items", "needs_approval")
    yield offers("completion after a local variable, of a type that an await gives",
                 document.typed(paying, "reservation."), "clone")
    yield offers("completion after `.await` of an activity's error type",
                 document.typed(paying, "release(reservation).await."), "is_err", "unwrap")
    yield offers("completion after `.` on an activity's call", document.typed(paying, "release(reservation)."), "await")
    yield offers("completion of an activity's name", document.typed(paying, "rele"), "release")
    yield offers("completion within `join!`", document.inside(
        "join!(Shop::charge(request), print_label", "join!(Shop::charge(request), order.; print_label".replace(
            "order.; print_label", "print_label"), len("join!(Shop::charge(re")), "request")
    yield offers("completion within a branch", document.inside(
        "timeout(window, ctx.wait_until(|| self.decision.is_some())).await",
        "timeout(window, ctx.wait_until(|| self.).await", len("timeout(window, ctx.wait_until(|| self.")),
        "decision", "stage")

    def goes(what, found, *wanted):
        good = len(found) == 1 and all(word in found[0] for word in wanted)
        return what, "; ".join(found) or "nowhere", good

    yield goes("definition of an activity that is called",
               document.definition("reserve(order.id.clone()", 2), "shop.rs", "fn reserve")
    yield goes("definition of an activity of a set",
               document.definition("Shop::charge(request)", 7), "shop.rs", "fn charge")
    yield goes("definition of an activity that is called in a branch",
               document.definition("release(reservation)).0?", 2), "shop.rs", "fn release")
    yield goes("definition of a local variable", document.definition(
        "release(reservation)).0?", 10), "workflow.rs", "let reservation = match")
    yield goes("definition of a variable that a macro's argument names", document.definition(
        "Shop::charge(request)", 14), "workflow.rs", "let request")
    yield goes("definition of another async method", document.definition(
        "self.approval(ctx", 6), "workflow.rs", "async fn approval")
    yield goes("definition of a field of the workflow", document.definition(paying, 6), "workflow.rs", "stage: Stage")

    hints = document.hints()

    def hint(what, line, *wanted):
        found = next((types for shown, types in hints.items() if shown.startswith(line)), [])
        return f"type shown at `{what}`", ", ".join(found) or "none", found == list(wanted)

    yield hint("let reservation = match reserve(..).await? { .. }", "let reservation = match", "Reservation")
    
    yield hint("let charge = match payment? { .. }", "let charge = match", "Charge")
    yield hint("let asked = ctx.now()", "let asked = ", "Timestamp")
    yield hint("let decided = timeout(..).await", "let decided = ", "Result<(), Elapsed>")
    yield hint("let (payment, label) = join!(..)", "let (payment, label)",
               "Result<Payment, ActivityError<Failure>>", "Result<Label, ActivityError<Never>>")
    for what, needle, into, wanted in [
        ("an activity that is called", "release(reservation)).0?", 2, "fn release"),
        ("a variable", "Shop::refund(charge)", 13, "charge: "),
        ("`parcel`, bound in a pattern", "Ok(parcel) =>", 4, "parcel: "),
    ]:
        shown = document.hover(needle, into)
        line = next((line for line in shown.splitlines() if wanted in line), "")
        yield f"hover on {what}", line or repr(shown[:80]), bool(line) and "{unknown}" not in line


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    sysroot_src = sys.argv[2] if len(sys.argv) > 2 else None
    server = Server(sys.argv[1], sysroot_src)
    server.request("initialize", {
        "processId": os.getpid(),
        "rootUri": ROOT.as_uri(),
        "workspaceFolders": [{"uri": ROOT.as_uri(), "name": "longhaul"}],
        "capabilities": {
            "experimental": {"serverStatusNotification": True},
            "textDocument": {"hover": {"contentFormat": ["markdown"]}, "definition": {"linkSupport": True}},
            "workspace": {"configuration": True},
        },
        "initializationOptions": server.settings,
    })
    server.send({"method": "initialized", "params": {}})
    document = Document(server, FILE)
    server.wait_until_quiet()
    wrong = 0
    for what, answer, good in questions(document):
        print(f"{'pass' if good else 'FAIL'}  {what}: {answer}", flush=True)
        wrong += not good
    server.request("shutdown", None)
    server.send({"method": "exit"})
    server.process.wait(timeout=30)
    print(f"{wrong} of the questions were answered wrongly" if wrong else "all questions were answered rightly")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
