//! Expressions with an await in them.
//!
//! The order of evaluation is Rust's: what stands before a later sibling's await and is evaluated by value is
//! *spilled* into a variable first; what is only named (a place, a literal, a constant) stays where it is (`operands`).
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::entries::operands_of_entry;
use super::find::expr_awaits;
use super::label::{ends, source_text, state_name};
use super::operands::Mode;
use super::place::{is_comparison, is_compound_assignment, peel};
use super::{Dest, Label, Lower, Operation};
use crate::cfg::{Code, Concurrency, Ends, Polled};
use crate::diag;

impl Lower<'_, '_> {
    /// Lowers an expression; what is left of it has no await and its exits are replaced.
    pub(super) fn expr(&mut self, expr: &Expr) -> Expr {
        if !expr_awaits(expr) {
            return self.verbatim(expr);
        }
        match expr {
            Expr::Await(operand) => self.awaited(&operand.base),
            Expr::Try(operand) => {
                let value = self.expr(&operand.expr);
                self.question(&value, operand.question_token.span())
            }
            Expr::Paren(inner) => {
                let value = self.expr(&inner.expr);
                syn::parse_quote!((#value))
            }
            Expr::Group(inner) => self.expr(&inner.expr),
            Expr::Macro(mac) => self.macro_expr(mac),
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {
                self.jump(expr);
                syn::parse_quote!(::core::unreachable!())
            }
            Expr::If(_)
            | Expr::Match(_)
            | Expr::Block(_)
            | Expr::Loop(_)
            | Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Unsafe(_) => self.control_value(expr),
            Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_) | syn::BinOp::Or(_)) => {
                self.control_value(expr)
            }
            Expr::Let(inner) => {
                self.errors.on(inner, diag::AWAIT_IN_OTHER);
                syn::parse_quote!(true)
            }
            Expr::Binary(binary) if is_compound_assignment(&binary.op) => self.compound_assignment(binary),
            _ => self.compound(expr),
        }
    }

    /// An expression that is made of operands.
    fn compound(&mut self, expr: &Expr) -> Expr {
        if let Some(call) = self.own_call(expr) {
            let mut arguments = self.handed_over(&call);
            self.check_receiver(call.receiver);
            self.operands(arguments.iter_mut().map(|argument| (argument, Mode::Value)).collect());
            let arguments = call.all(&arguments);
            return self.call_value(&call.name, &arguments);
        }
        let mut expr = expr.clone();
        if let Expr::MethodCall(call) = &mut expr
            && let Some(written) = self.spawn_argument(call).cloned()
        {
            let operation = self.expr(&written);
            call.args[0] = self.spawned_operation(&written, &operation);
            return expr;
        }
        let mut operands: Vec<(&mut Expr, Mode)> = Vec::new();
        match &mut expr {
            Expr::Call(call) => {
                operands.push((&mut call.func, Mode::Place));
                operands.extend(call.args.iter_mut().map(|arg| (arg, Mode::Value)));
            }
            Expr::MethodCall(call) => {
                let mode = Self::mode_of_receiver(call);
                match operands_of_entry(&call.method, &mut call.receiver) {
                    Ok([map, key]) => operands.extend([(map, Mode::Place), (key, Mode::Value)]),
                    Err(receiver) => operands.push((receiver, mode)),
                }
                operands.extend(call.args.iter_mut().map(|arg| (arg, Mode::Value)));
            }
            Expr::Binary(binary) => {
                let mode = if is_comparison(&binary.op) { Mode::Compared } else { Mode::Value };
                operands.push((&mut binary.left, mode));
                operands.push((&mut binary.right, mode));
            }
            Expr::Assign(assign) => {
                operands.push((&mut assign.right, Mode::Value));
                operands.push((&mut assign.left, Mode::Place));
            }
            Expr::Index(index) => {
                operands.push((&mut index.expr, Mode::Place));
                operands.push((&mut index.index, Mode::Value));
            }
            Expr::Tuple(tuple) => operands.extend(tuple.elems.iter_mut().map(|elem| (elem, Mode::Value))),
            Expr::Array(array) => operands.extend(array.elems.iter_mut().map(|elem| (elem, Mode::Value))),
            Expr::Struct(literal) => {
                operands.extend(literal.fields.iter_mut().map(|field| (&mut field.expr, Mode::Value)));
                operands.extend(literal.rest.iter_mut().map(|rest| (&mut **rest, Mode::Place)));
            }
            Expr::Range(range) => {
                operands.extend(range.start.iter_mut().map(|start| (&mut **start, Mode::Value)));
                operands.extend(range.end.iter_mut().map(|end| (&mut **end, Mode::Value)));
            }
            Expr::Repeat(repeat) => operands.push((&mut repeat.expr, Mode::Value)),
            Expr::Unary(unary) => operands.push((&mut unary.expr, Mode::Value)),
            Expr::Cast(cast) => operands.push((&mut cast.expr, Mode::Value)),
            Expr::Field(field) => operands.push((&mut field.base, Mode::Place)),
            Expr::Reference(reference) => operands.push((&mut reference.expr, Mode::Place)),
            other => {
                self.errors.on(&*other, diag::AWAIT_IN_OTHER);
                return syn::parse_quote!(::core::unreachable!());
            }
        }
        self.operands(operands);
        if let Expr::MethodCall(call) = expr {
            return self.on_what_was_kept(call);
        }
        // A shorthand field `Point { x }` may hold something else now.
        if let Expr::Struct(literal) = &mut expr {
            for field in &mut literal.fields {
                field.colon_token.get_or_insert_with(Default::default);
            }
        }
        expr
    }

    fn control_value(&mut self, expr: &Expr) -> Expr {
        let var = self.result_var(expr.span());
        if !self.control(expr, Dest::Var(var)) {
            self.errors.on(expr, diag::AWAIT_IN_OTHER);
        }
        self.path(var)
    }

    // What an await waits for.

    pub(super) fn wrapper<'x>(&self, expr: &'x Expr) -> Option<Wrapper<'x>> {
        match expr {
            Expr::Call(_) => {
                if let Some([limit, operation]) = call_of(expr, "timeout") {
                    return Some(Wrapper::Timeout(limit, operation));
                }
                call_of(expr, "shield").map(|[operation]| Wrapper::Shield(operation))
            }
            Expr::MethodCall(call) if call.method == "scope" && call.args.len() == 1 => {
                self.is_ctx(&call.receiver).then(|| Wrapper::Scope(&call.args[0]))
            }
            _ => None,
        }
    }

    /// Whether an expression is the method's `&Context` parameter.
    pub(super) fn is_ctx(&self, expr: &Expr) -> bool {
        let Expr::Path(path) = peel(expr) else { return false };
        self.context.as_ref().is_some_and(|context| path.path.is_ident(context))
    }

    fn awaited(&mut self, base: &Expr) -> Expr {
        let base = peel(base);
        if let Some(wrapper) = self.wrapper(base) {
            return self.wrapped(&wrapper, base);
        }
        // It begins at once, in the task that awaits it.
        if let block @ Expr::Async(_) = unboxed(base) {
            let (name, source) = ("Block".to_owned(), "async { .. }".to_owned());
            let label = Label { name, source, ends: Ends::Result, span: base.span() };
            let (output, _) = self.construct(Concurrency::Join, &[block], Vec::new(), label);
            let output = self.path(output);
            return syn::parse_quote!(#output.0);
        }
        let operation = self.operation(base, false);
        let output = self.suspend(operation);
        self.path(output)
    }

    /// Lowers what is awaited, up to where it would begin. With `hold` other code is evaluated before that.
    pub(super) fn operation(&mut self, base: &Expr, hold: bool) -> Operation {
        let base = unboxed(peel(base));
        let label =
            Label { name: state_name(base), source: source_text(base), ends: ends(base), span: base.span() };
        if let Expr::MethodCall(call) = base
            && call.method == "wait_until"
            && call.args.len() == 1
        {
            let condition = self.condition(call);
            return Operation { begin: None, what: Polled::Condition(condition), label };
        }
        if let Some(call) = self.own_call(base) {
            self.check_receiver(call.receiver);
            let shape = &self.around.methods[&call.name.to_string()];
            let (receiver, is_generic, types) = (shape.receiver, shape.is_generic, shape.arguments.clone());
            let mut arguments = self.handed_over(&call);
            self.operands(arguments.iter_mut().map(|argument| (argument, Mode::Value)).collect());
            if hold {
                arguments = arguments.into_iter().map(|argument| self.hold(argument, Mode::Value)).collect();
            }
            let arguments = call.all(&arguments);
            let name = call.name;
            // With the types, so that a wrong argument is an error where it stands.
            let types = if is_generic { quote!(_) } else { types };
            let code = self.code(syn::parse_quote!(::longhaul::machine::Sub::<#types>::start(#arguments)));
            let what = Polled::Call { method: name.clone(), receiver, turbofish: turbofish(base) };
            return Operation { begin: Some((code, Some(name))), what, label };
        }
        let mut value = self.expr(base);
        if hold {
            value = self.hold(value, Mode::Value);
        }
        if let Expr::Reference(_) = value {
            // What is awaited by reference stays where it is: the operation must not hold on to the place.
            let span = super::at(base.span());
            value = syn::parse_quote_spanned!(span=> ::longhaul::machine::by_reference(#value));
        }
        let code = self.code(value);
        Operation { begin: Some((code, None)), what: Polled::Operation, label }
    }

    /// `ctx.wait_until(condition)`: evaluated anew at each poll, so a `move` closure only looks.
    fn condition(&mut self, call: &ExprMethodCall) -> Code {
        let mut call = call.clone();
        if let Some(Expr::Closure(closure)) = call.args.first_mut() {
            closure.capture = None;
        }
        let condition = self.verbatim(&Expr::MethodCall(call));
        self.code(syn::parse_quote!(#condition.holds()))
    }
}

/// `Box::pin(call)`, which plain async Rust needs for recursion: the call.
fn unboxed(expr: &Expr) -> &Expr {
    if let Expr::Call(call) = expr
        && let Expr::Path(path) = &*call.func
        && let [.., ty, function] = &path.path.segments.iter().collect::<Vec<_>>()[..]
        && ty.ident == "Box"
        && function.ident == "pin"
        && let Some(inner) = call.args.first()
    {
        return peel(inner);
    }
    expr
}

/// The types that are written at a call: `self.method::<T>(..)`.
fn turbofish(call: &Expr) -> Option<syn::AngleBracketedGenericArguments> {
    match call {
        Expr::MethodCall(call) => call.turbofish.clone(),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { return None };
            match &path.path.segments.last()?.arguments {
                syn::PathArguments::AngleBracketed(arguments) => Some(arguments.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The arguments of `name(..)`, by its name alone or by a path to this crate. A path to the user's own says that it is
/// another: `self::name(..)`, `Payments::name(..)`.
pub(super) fn call_of<'x, const N: usize>(expr: &'x Expr, name: &str) -> Option<[&'x Expr; N]> {
    let Expr::Call(call) = expr else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    let mut segments = path.path.segments.iter().map(|segment| segment.ident.to_string());
    if path.qself.is_some() || segments.next_back()? != name {
        return None;
    }
    let of_a_type = segments.next_back().is_some_and(|of| of.starts_with(char::is_uppercase));
    let own = ["self", "super", "crate"].iter().any(|own| path.path.segments[0].ident == own);
    if of_a_type || (own && path.path.segments.iter().all(|segment| segment.ident != "prelude")) {
        return None;
    }
    call.args.iter().collect::<Vec<_>>().try_into().ok()
}

/// What is awaited in place, around an operation that may be an `async` block.
pub(super) enum Wrapper<'x> {
    /// `timeout(limit, operation)`
    Timeout(&'x Expr, &'x Expr),
    /// `ctx.scope(operation)`
    Scope(&'x Expr),
    /// `shield(operation)`
    Shield(&'x Expr),
}
