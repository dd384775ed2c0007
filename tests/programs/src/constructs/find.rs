//! Finds the constructs in a program.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Expr, Pat, Stmt};

/// What a program has of them: each as its kind and name.
pub fn found(file: &syn::File) -> BTreeSet<(&'static str, &'static str)> {
    let mut finder = Finder { functions: super::functions::names(file), ..Finder::default() };
    finder.visit_file(file);
    finder.found
}

#[derive(Default)]
pub(super) struct Finder {
    found: BTreeSet<(&'static str, &'static str)>,
    /// How many `async` blocks are around.
    blocks: usize,
    /// The functions marked `#[workflow]`, and the one that is looked through.
    pub(super) functions: BTreeSet<String>,
    pub(super) within: Option<String>,
}

pub(super) const AWAIT: &str = "an await as";
const CONTROL: &str = "control flow";
pub(super) const LOOPS: &str = "loops over";
pub(super) const BORROWS: &str = "borrows";
const PATTERNS: &str = "patterns";
pub(super) const FUNCTIONS: &str = "functions";
pub(super) const CONCURRENCY: &str = "concurrency";

/// Whether an operand is an await, or what one is made a value of: `f().await?`, `f().await.unwrap_or(..)`.
fn awaits(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Try(inner) => awaits(&inner.expr),
        Expr::Paren(inner) => awaits(&inner.expr),
        Expr::MethodCall(call) => awaits(&call.receiver),
        _ => false,
    }
}

pub(super) fn is_named(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

impl Finder {
    pub(super) fn add(&mut self, kind: &'static str, name: &'static str) {
        self.found.insert((kind, name));
    }

    pub(super) fn add_if(&mut self, holds: bool, kind: &'static str, name: &'static str) {
        if holds {
            self.add(kind, name);
        }
    }

    pub(super) fn awaited(&mut self, expr: &Expr, name: &'static str) {
        self.add_if(awaits(expr), AWAIT, name);
    }

    pub(super) fn awaited_in<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, name: &'static str) {
        let any = exprs.into_iter().any(awaits);
        self.add_if(any, AWAIT, name);
    }

    fn local(&mut self, local: &syn::Local) {
        let Some(init) = &local.init else { return self.add(CONTROL, "a late `let`") };
        self.awaited(&init.expr, "a `let`");
        if init.diverge.is_some() {
            self.add(CONTROL, "`let .. else`");
            self.awaited(&init.expr, "a `let` with an `else`");
        }
        match &*init.expr {
            Expr::Async(_) => self.add(CONCURRENCY, "a block as a value"),
            Expr::Field(field)
                if matches!(*field.base, Expr::Path(_)) && text_of(&local.pat).starts_with("mut p") =>
            {
                self.add(CONTROL, "a part that is moved");
            }
            Expr::Reference(reference) => {
                let mutable = reference.mutability.is_some();
                let name = match (&*reference.expr, mutable) {
                    (Expr::Path(_), false) => "`&` of a variable",
                    (Expr::Path(_), true) => "`&mut` of a variable",
                    (Expr::Field(_), false) => "`&` of a field",
                    (Expr::Field(_), true) => "`&mut` of a field",
                    (Expr::Unary(_), false) => "`&` of a borrow",
                    (Expr::Unary(_), true) => "`&mut` of a borrow",
                    _ => return,
                };
                self.add(BORROWS, name);
            }
            _ => {}
        }
    }

    fn macro_call(&mut self, mac: &syn::Macro) {
        let text = mac.tokens.to_string();
        let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        match name.as_str() {
            "join" => self.add(CONCURRENCY, "`join!`"),
            "try_join" => self.add(CONCURRENCY, "`try_join!`"),
            "select" => {
                self.add(CONCURRENCY, "`select!`");
                self.add_if(text.contains(", if "), CONCURRENCY, "a guard in `select!`");
                self.add_if(text.contains("else =>"), CONCURRENCY, "`else` in `select!`");
                self.add_if(text.contains("Some ("), CONCURRENCY, "a pattern in `select!`");
                self.add_if(text.contains("= & mut k"), CONCURRENCY, "a task by reference");
            }
            _ => {}
        }
        let found = match name.as_str() {
            "format" => "an argument of `format!`",
            "vec" => "an argument of `vec!`",
            "matches" => "an argument of `matches!`",
            "assert" => "an argument of `assert!`",
            _ => "",
        };
        self.add_if(!found.is_empty() && text.contains(". await"), AWAIT, found);
        // What is in it is code, too, as far as it can be read.
        let values = crate::run::macro_arguments(mac);
        if matches!(name.as_str(), "join" | "try_join" | "select") {
            self.function_in(&values, "a call as a branch");
        }
        for value in &values {
            self.visit_expr(value);
        }
    }
}

pub(super) fn text_of(tokens: &impl quote::ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        let marked = |name: &str| function.attrs.iter().any(|attribute| attribute.path().is_ident(name));
        let (is_async, receiver) = (function.sig.asyncness.is_some(), function.sig.receiver());
        let name = match (receiver, is_async) {
            _ if marked("signal") => {
                if is_async {
                    "an async signal"
                } else {
                    "a signal"
                }
            }
            _ if marked("update") => {
                if is_async {
                    "an async update"
                } else {
                    "an update"
                }
            }
            (_, false) => "a plain method",
            (Some(receiver), true) if text_of(receiver) == "& self" => "a method of `&self`",
            (Some(_), true) => "a method of `&mut self`",
            (None, true) if !function.sig.generics.params.is_empty() => "a generic function",
            (None, true) => "a function of the impl",
        };
        self.add(FUNCTIONS, name);
        let lends = |input: &syn::FnArg| {
            matches!(input, syn::FnArg::Typed(typed)
                if matches!(*typed.ty, syn::Type::Reference(_)) && text_of(&typed.pat) != "ctx")
        };
        self.add_if(function.sig.inputs.iter().any(lends), FUNCTIONS, "references as parameters");
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(function);
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        match stmt {
            Stmt::Local(local) => self.local(local),
            Stmt::Item(_) => self.add(CONTROL, "a constant"),
            Stmt::Expr(expr, Some(_)) => self.awaited(expr, "a statement"),
            Stmt::Expr(..) | Stmt::Macro(_) => {}
        }
        visit::visit_stmt(self, stmt);
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        if let Some(Stmt::Expr(value, None)) = block.stmts.last() {
            self.awaited(value, "the value of a block");
        }
        visit::visit_block(self, block);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.macro_call(mac);
    }

    fn visit_pat(&mut self, pat: &'ast Pat) {
        match pat {
            Pat::Guard(_) => self.add(CONTROL, "a guard"),
            Pat::Or(_) => self.add(PATTERNS, "alternatives"),
            Pat::Range(_) => self.add(PATTERNS, "a range"),
            Pat::Slice(_) => self.add(PATTERNS, "a slice"),
            Pat::Reference(_) => self.add(PATTERNS, "`&`"),
            Pat::Struct(_) => self.add(PATTERNS, "a struct"),
            Pat::Tuple(_) => self.add(PATTERNS, "a tuple"),
            Pat::Ident(name) => {
                let rest = name.subpat.as_ref().map(|(_, within)| matches!(**within, Pat::Rest(_)));
                self.add_if(rest == Some(true), PATTERNS, "the rest of a slice");
                self.add_if(rest == Some(false), PATTERNS, "`@`");
                if name.by_ref.is_some() {
                    self.add(PATTERNS, if name.mutability.is_some() { "`ref mut`" } else { "`ref`" });
                }
            }
            _ => {}
        }
        visit::visit_pat(self, pat);
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.of_functions(expr);
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Binary(binary) => match binary.op {
                syn::BinOp::And(_) | syn::BinOp::Or(_) => {
                    self.awaited_in([&*binary.left, &binary.right], "an operand of `&&` or `||`");
                    let tests = [&binary.left, &binary.right];
                    let any = tests.iter().any(|side| matches!(***side, Expr::Let(_)));
                    self.add_if(any, CONTROL, "`let` in a chain");
                }
                syn::BinOp::AddAssign(_) | syn::BinOp::SubAssign(_) => {
                    self.add_if(text_of(&binary.right).contains(". await"), AWAIT, "what is added");
                }
                _ => {
                    self.awaited(&binary.left, "a left operand");
                    self.awaited(&binary.right, "a right operand");
                }
            },
            Expr::Unary(unary) => self.awaited(&unary.expr, "an operand of `-` or `!`"),
            Expr::Array(array) => self.awaited_in(&array.elems, "an element"),
            Expr::Tuple(tuple) => self.awaited_in(&tuple.elems, "an element"),
            Expr::Struct(literal) => {
                self.awaited_in(literal.fields.iter().map(|field| &field.expr), "a field of a literal");
                self.awaited_in(literal.rest.as_deref(), "the base of a literal");
            }
            Expr::Index(index) => self.add_if(text_of(&index.index).contains(". await"), AWAIT, "an index"),
            Expr::Reference(reference) => self.awaited(&reference.expr, "what is borrowed"),
            Expr::Cast(cast) => self.awaited(&cast.expr, "what is cast"),
            Expr::Field(field) => self.awaited(&field.base, "the base of a field"),
            Expr::If(branch) => {
                self.awaited(&branch.cond, "a condition");
                self.add_if(matches!(*branch.cond, Expr::Let(_)), CONTROL, "`if let`");
            }
            Expr::While(turns) => {
                let name = if matches!(*turns.cond, Expr::Let(_)) { "`while let`" } else { "`while`" };
                self.add(CONTROL, name);
            }
            Expr::Let(test) => self.awaited(&test.expr, "a `let` of a condition"),
            Expr::Match(choice) => self.awaited(&choice.expr, "the head of a `match`"),
            Expr::ForLoop(turns) => {
                self.add(CONTROL, "`for`");
                self.awaited(&turns.expr, "the head of a `for`");
                self.loop_over(&turns.expr);
            }
            Expr::Loop(_) => self.add(CONTROL, "`loop`"),
            Expr::Block(block) => self.add_if(block.label.is_some(), CONTROL, "a labelled block"),
            Expr::Assign(assign) => {
                self.awaited(&assign.right, "what is assigned");
                if let Expr::Field(field) = &*assign.left {
                    let name = text_of(&assign.left).replace(' ', "");
                    let some = is_named(&field.base, "self") && !is_named(&assign.right, "None");
                    self.add_if(some && name == "self.kept", CONCURRENCY, "a handle in the workflow's value");
                    self.add_if(
                        some && name == "self.asked",
                        CONCURRENCY,
                        "a trigger in the workflow's value",
                    );
                }
            }
            Expr::Try(operand) => {
                self.add(CONTROL, if self.blocks > 0 { "`?` in a block" } else { "`?`" });
                self.awaited(&operand.expr, "what a `?` asks");
            }
            Expr::Return(leave) => {
                self.add(CONTROL, if self.blocks > 0 { "`return` in a block" } else { "`return`" });
                let value = leave.expr.as_deref();
                self.add_if(
                    value.is_some_and(|value| text_of(value).contains(". await")),
                    AWAIT,
                    "the value of a `return`",
                );
            }
            Expr::Break(leave) => {
                self.add(CONTROL, if leave.label.is_some() { "`break` with a label" } else { "`break`" });
                self.add_if(leave.expr.is_some(), CONTROL, "`break` with a value");
                self.awaited_in(leave.expr.as_deref(), "the value of a `break`");
            }
            Expr::Continue(leave) => {
                self.add(
                    CONTROL,
                    if leave.label.is_some() { "`continue` with a label" } else { "`continue`" },
                );
            }
            Expr::Closure(_) => self.add(CONTROL, "a closure"),
            Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "LIMIT") => {
                self.add(FUNCTIONS, "a constant of the impl");
            }
            _ => {}
        }
        let within = usize::from(matches!(expr, Expr::Async(_)));
        self.blocks += within;
        visit::visit_expr(self, expr);
        self.blocks -= within;
    }

    fn visit_label(&mut self, _: &'ast syn::Label) {
        self.add(CONTROL, "a label");
    }
}
