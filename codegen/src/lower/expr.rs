//! Expressions with an await in them.
//!
//! The order of evaluation is Rust's: what stands before a later sibling's await and is evaluated by value is
//! *spilled* into a variable first; what is only named (a place, a literal, a constant) stays where it is.
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Stmt};

use super::find::expr_awaits;
use super::label::{source_text, state_name};
use super::place::{has_index, is_comparison, is_compound_assignment, peel};
use super::{Dest, Label, Lower, Operation, Shape};
use crate::cfg::{Code, CodeTokens, Instr, Polled};
use crate::diag;

/// How an operand is used by what it is an operand of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Its value is taken.
    Value,
    /// It is borrowed or named: a place is not evaluated before it is needed.
    Place,
}

/// A call of an async method: its name, the receiver, the arguments without the context.
type OwnCall<'x> = (syn::Ident, Option<&'x Expr>, Box<dyn Iterator<Item = &'x Expr> + 'x>);

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
            _ => self.compound(expr),
        }
    }

    /// An expression that is made of operands.
    fn compound(&mut self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        let mut operands: Vec<(&mut Expr, Mode)> = Vec::new();
        match &mut expr {
            Expr::Call(call) => {
                operands.push((&mut call.func, Mode::Place));
                operands.extend(call.args.iter_mut().map(|arg| (arg, Mode::Value)));
            }
            Expr::MethodCall(call) => {
                operands.push((&mut call.receiver, Mode::Place));
                operands.extend(call.args.iter_mut().map(|arg| (arg, Mode::Value)));
            }
            Expr::Binary(binary) => {
                if is_compound_assignment(&binary.op) {
                    // For the built-in types the right side goes first. A variable or field is the same place
                    // before and after; where an index is, the type decides.
                    if expr_awaits(&binary.left) || has_index(&binary.left) {
                        self.errors.on(&binary.left, diag::COMPOUND_INDEX);
                    }
                    operands.push((&mut binary.right, Mode::Value));
                } else {
                    let mode = if is_comparison(&binary.op) { Mode::Place } else { Mode::Value };
                    operands.push((&mut binary.left, mode));
                    operands.push((&mut binary.right, mode));
                }
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
        // A shorthand field `Point { x }` may hold something else now.
        if let Expr::Struct(literal) = &mut expr {
            for field in &mut literal.fields {
                field.colon_token.get_or_insert_with(Default::default);
            }
        }
        expr
    }

    /// Lowers operands in the order they are evaluated.
    pub(super) fn operands(&mut self, operands: Vec<(&mut Expr, Mode)>) {
        let last = operands.iter().rposition(|(operand, _)| expr_awaits(operand));
        for (position, (operand, mode)) in operands.into_iter().enumerate() {
            let value = self.expr(operand);
            *operand = if last.is_some_and(|last| position < last) { self.hold(value, mode) } else { value };
        }
    }

    /// Makes sure that an operand is evaluated here and not later.
    fn hold(&mut self, value: Expr, mode: Mode) -> Expr {
        if self.is_constant(&value) || matches!(value, Expr::Closure(_)) {
            return value;
        }
        if self.is_place(&value) && (mode == Mode::Place || Self::is_temp(&value)) {
            return value;
        }
        match value {
            Expr::Reference(mut reference) if self.is_place(&reference.expr) => {
                reference.expr = Box::new(self.hold(*reference.expr, Mode::Place));
                Expr::Reference(reference)
            }
            Expr::Reference(mut reference) if self.is_place_at_indexes(&reference.expr) => {
                reference.expr = Box::new(self.fix_indexes(*reference.expr));
                Expr::Reference(reference)
            }
            value if mode == Mode::Place && self.is_place_at_indexes(&value) => self.fix_indexes(value),
            Expr::Path(path) if mode == Mode::Place => Expr::Path(path),
            value => {
                let span = value.span();
                self.spill(value, span)
            }
        }
    }

    /// A place whose indexes may change later: each is evaluated now.
    pub(super) fn fix_indexes(&mut self, place: Expr) -> Expr {
        match place {
            Expr::Index(mut index) => {
                index.expr = Box::new(self.fix_indexes(*index.expr));
                *index.index = self.fix_index((*index.index).clone());
                Expr::Index(index)
            }
            Expr::Field(mut field) => {
                field.base = Box::new(self.fix_indexes(*field.base));
                Expr::Field(field)
            }
            Expr::Paren(mut inner) => {
                inner.expr = Box::new(self.fix_indexes(*inner.expr));
                Expr::Paren(inner)
            }
            place => place,
        }
    }

    /// An index that means the same later: of a range each end, since a range can be used once only.
    fn fix_index(&mut self, index: Expr) -> Expr {
        match index {
            index if self.is_fixed(&index) => index,
            Expr::Range(mut range) => {
                for end in [&mut range.start, &mut range.end].into_iter().flatten() {
                    **end = self.fix_index((**end).clone());
                }
                Expr::Range(range)
            }
            index => {
                let span = index.span();
                self.spill(index, span)
            }
        }
    }

    /// Evaluates an await-free expression into a variable of its own.
    pub(super) fn spill(&mut self, value: Expr, span: Span) -> Expr {
        let code = self.code(value);
        let var = self.temp("t", span);
        let CodeTokens::Expr(value) = code.tokens else { return self.path(var) };
        let ident = &self.graph.var(var).ident;
        let stmt: Stmt = syn::parse_quote!(let mut #ident = #value;);
        self.push(Instr::Code(Code {
            tokens: CodeTokens::Stmt(Box::new(stmt)),
            declares: vec![var],
            ..code
        }));
        self.path(var)
    }

    /// A variable that a later block fills: declared here, so that its scope is this one.
    pub(super) fn result_var(&mut self, span: Span) -> super::VarId {
        let var = self.temp("v", span);
        self.push(Instr::Declare(var));
        var
    }

    fn control_value(&mut self, expr: &Expr) -> Expr {
        let var = self.result_var(expr.span());
        if !self.control(expr, Dest::Var(var)) {
            self.errors.on(expr, diag::AWAIT_IN_OTHER);
        }
        self.path(var)
    }

    // What an await waits for.

    fn awaited(&mut self, base: &Expr) -> Expr {
        let base = peel(base);
        if let Some((limit, operation)) = timeout_call(base) {
            return self.timeout(limit, operation, base);
        }
        if let Expr::Async(block) = base {
            self.errors.on(block, diag::ASYNC_BLOCK);
            return syn::parse_quote!(::core::unreachable!());
        }
        let operation = self.operation(base);
        let output = self.suspend(operation);
        self.path(output)
    }

    /// Lowers what is awaited, up to where it would begin.
    pub(super) fn operation(&mut self, base: &Expr) -> Operation {
        let base = self.unboxed(peel(base));
        let label = Label { name: state_name(base), source: source_text(base), span: base.span() };
        if let Expr::MethodCall(call) = base
            && call.method == "wait_until"
            && call.args.len() == 1
        {
            let condition = self.condition(call);
            return Operation { begin: None, what: Polled::Condition(condition), label };
        }
        if let Some((name, receiver, arguments)) = self.own_call(base) {
            if let Some(receiver) = receiver
                && !matches!(peel(receiver), Expr::Path(path) if path.path.is_ident("self"))
            {
                self.errors.on(receiver, diag::HELPER_ON_OTHER);
            }
            let mut arguments: Vec<Expr> = arguments.cloned().collect();
            self.operands(arguments.iter_mut().map(|argument| (argument, Mode::Value)).collect());
            let arguments: Expr = match &arguments[..] {
                [argument] => argument.clone(),
                _ => syn::parse_quote!((#(#arguments),*)),
            };
            let Shape { receiver, arguments: types, .. } = &self.around.methods[&name.to_string()];
            let receiver = *receiver;
            // With the types, so that a wrong argument is an error where it stands.
            let code = self.code(syn::parse_quote!(::longhaul::machine::Sub::<#types>::start(#arguments)));
            let what = Polled::Call { method: name.clone(), receiver };
            return Operation { begin: Some((code, Some(name))), what, label };
        }
        let value = self.expr(base);
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

    /// A call of another async method of the impl: its name, the receiver, the arguments without the context.
    pub(super) fn own_call<'x>(&self, expr: &'x Expr) -> Option<OwnCall<'x>> {
        match expr {
            Expr::MethodCall(call) if self.is_own_method(call) => {
                let context = self.around.methods[&call.method.to_string()].context_at;
                let arguments = call.args.iter().enumerate().filter(move |(at, _)| Some(*at) != context);
                Some((call.method.clone(), Some(&call.receiver), Box::new(arguments.map(|(_, arg)| arg))))
            }
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                let segments: Vec<_> = path.path.segments.iter().collect();
                let [ty, method] = segments[..] else { return None };
                if ty.ident != "Self" && ty.ident != *self.around.workflow {
                    return None;
                }
                let shape = self.around.methods.get(&method.ident.to_string())?;
                let context = shape.context_at;
                let (receiver, skip) = if shape.receiver { (call.args.first(), 1) } else { (None, 0) };
                let arguments =
                    call.args.iter().skip(skip).enumerate().filter(move |(at, _)| Some(*at) != context);
                Some((method.ident.clone(), receiver, Box::new(arguments.map(|(_, arg)| arg))))
            }
            _ => None,
        }
    }

    /// Whether a method call is one of an async method of the impl, on `self`.
    pub(super) fn is_own_method(&self, call: &ExprMethodCall) -> bool {
        matches!(peel(&call.receiver), Expr::Path(path) if path.path.is_ident("self"))
            && self.around.methods.contains_key(&call.method.to_string())
    }

    /// `Box::pin(self.method(..))`, which plain async Rust needs for recursion: the call.
    fn unboxed<'x>(&self, expr: &'x Expr) -> &'x Expr {
        if let Expr::Call(call) = expr
            && let Expr::Path(path) = &*call.func
            && let [.., ty, function] = &path.path.segments.iter().collect::<Vec<_>>()[..]
            && ty.ident == "Box"
            && function.ident == "pin"
            && let Some(inner) = call.args.first()
            && self.own_call(peel(inner)).is_some()
        {
            return peel(inner);
        }
        expr
    }
}

/// `timeout(limit, operation)`.
pub(super) fn timeout_call(expr: &Expr) -> Option<(&Expr, &Expr)> {
    let Expr::Call(call) = expr else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    if path.path.segments.last()?.ident != "timeout" || call.args.len() != 2 {
        return None;
    }
    Some((&call.args[0], &call.args[1]))
}
