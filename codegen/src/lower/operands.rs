//! Operands: what stands before a later sibling's await is evaluated before it.
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Stmt};

use super::Lower;
use super::changes::any_changes;
use super::find::expr_awaits;
use crate::cfg::{Code, CodeTokens, Instr};

/// How an operand is used by what it is an operand of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Its value is taken.
    Value,
    /// It is borrowed or named: a place is not evaluated before it is needed.
    Place,
    /// A method is called on it, which takes it by value or borrows it.
    Receiver,
    /// A method that changes it is called on it.
    Changed,
    /// It is compared: a number is read, all else is borrowed.
    Compared,
}

impl Lower<'_, '_> {
    /// Lowers operands in the order they are evaluated.
    pub(super) fn operands(&mut self, operands: Vec<(&mut Expr, Mode)>) {
        let last = operands.iter().rposition(|(operand, _)| expr_awaits(operand));
        let mut operands = operands;
        for position in 0..last.unwrap_or(0) {
            let (operand, mode) = &operands[position];
            let later = operands[position + 1..].iter().map(|(operand, _)| &**operand);
            if *mode != Mode::Value && any_changes(later, operand, self.around.mutating) {
                operands[position].1 = Mode::Value;
            }
        }
        for (position, (operand, mode)) in operands.into_iter().enumerate() {
            let value = self.expr(operand);
            *operand = if last.is_some_and(|last| position < last) { self.hold(value, mode) } else { value };
        }
    }

    /// Makes sure that an operand is evaluated here and not later.
    pub(super) fn hold(&mut self, value: Expr, mode: Mode) -> Expr {
        match mode {
            Mode::Value | Mode::Place => self.held(value, mode),
            mode => {
                let place = self.held(value, Mode::Place);
                self.as_it_is(place, mode)
            }
        }
    }

    fn held(&mut self, value: Expr, mode: Mode) -> Expr {
        if self.is_constant(&value) || matches!(value, Expr::Closure(_)) {
            return value;
        }
        if self.is_place(&value)
            && (mode == Mode::Place || Self::is_temp(&value) || self.is_made_again(&value))
        {
            return value;
        }
        if let Some(look) = self.held_look(&value) {
            if self.is_view(&look) {
                let span = look.span();
                return self.spill(look, span);
            }
            return look;
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
            Expr::Reference(mut reference) => {
                reference.expr = Box::new(self.kept_to_borrow(*reference.expr));
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

    /// A value that is borrowed, or of which a part is: it is kept, and borrowed where the borrow is used.
    fn kept_to_borrow(&mut self, value: Expr) -> Expr {
        match value {
            Expr::Field(mut field) => {
                field.base = Box::new(self.kept_to_borrow(*field.base));
                Expr::Field(field)
            }
            Expr::Index(mut index) => {
                index.expr = Box::new(self.kept_to_borrow(*index.expr));
                *index.index = self.fix_index((*index.index).clone());
                Expr::Index(index)
            }
            Expr::Paren(mut inner) => {
                inner.expr = Box::new(self.kept_to_borrow(*inner.expr));
                Expr::Paren(inner)
            }
            Expr::Unary(mut unary) if matches!(unary.op, syn::UnOp::Deref(_)) => {
                unary.expr = Box::new(self.held(*unary.expr, Mode::Place));
                Expr::Unary(unary)
            }
            value => self.held(value, Mode::Place),
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
    pub(super) fn fix_index(&mut self, index: Expr) -> Expr {
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
        let again = match &value {
            Expr::MethodCall(_) if self.is_view(&value) => Some(value.clone()),
            _ => None,
        };
        let code = self.code(value);
        let var = self.temp("t", span);
        if let Some(value) = again {
            let pat = self.path(var);
            let again = self.again(&syn::parse_quote!(#pat), &value, false);
            self.note_again(again, &[var]);
            if let Some(rebuild) = &mut self.graph.vars[var.0].rebuild {
                rebuild.pat = quote::quote!(mut #pat);
            }
        }
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
}
