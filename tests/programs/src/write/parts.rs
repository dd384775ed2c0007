//! Expressions of what has parts: lists, options, tuples, structs, results.

use super::{Ty, Writer};

impl Writer {
    pub(crate) fn ints(&mut self) -> String {
        match self.below(9) {
            0 => self.leaf(Ty::Ints),
            7 | 8 if self.can_await() => self.joined_list(),
            1 | 2 if self.can_await() => {
                let argument = self.expr(Ty::Int);
                self.awaited(&format!("list({argument})"), Ty::Ints)
            }
            3 | 4 => {
                let items: Vec<String> = (0..self.below(4)).map(|_| self.expr(Ty::Int)).collect();
                if items.is_empty() {
                    "Vec::<i64>::new()".to_owned()
                } else {
                    format!("vec![{}]", items.join(", "))
                }
            }
            5 => format!("vec![{}; 2]", self.expr(Ty::Int)),
            6 => {
                let items = self.op(Ty::Ints);
                let with = self.purely(|this| this.op(Ty::Int));
                format!("{items}.iter().map(|q| m(q + {with})).collect::<Vec<i64>>()")
            }
            _ => self.leaf(Ty::Ints),
        }
    }

    pub(crate) fn maybe(&mut self) -> String {
        match self.below(8) {
            0 => self.leaf(Ty::Maybe),
            1 | 2 if self.can_await() => {
                let argument = self.expr(Ty::Int);
                self.awaited(&format!("maybe({argument})"), Ty::Maybe)
            }
            3 | 4 => format!("Some({})", self.expr(Ty::Int)),
            5 => format!("{}.first().copied()", self.op(Ty::Ints)),
            6 => {
                let value = self.op(Ty::Maybe);
                let name = self.name();
                let body = self.purely(|this| {
                    this.scoped(|this| {
                        this.bind(&name, Ty::Int, false);
                        this.expr(Ty::Int)
                    })
                });
                format!("{value}.map(|{name}| {body})")
            }
            7 if self.pure == 0 => match self.writable(Ty::Ints) {
                Some(var) => format!("{}.pop()", self.vars[var].name),
                None => self.leaf(Ty::Maybe),
            },
            _ => self.leaf(Ty::Maybe),
        }
    }

    pub(crate) fn pair(&mut self) -> String {
        match self.below(4) {
            1 if self.can_await() => {
                let argument = self.expr(Ty::Int);
                self.awaited(&format!("pair({argument})"), Ty::Pair)
            }
            2 | 3 => {
                let first = self.expr(Ty::Int);
                format!("({first}, {})", self.expr(Ty::Text))
            }
            _ => self.leaf(Ty::Pair),
        }
    }

    pub(crate) fn point(&mut self) -> String {
        match self.below(5) {
            1 if self.can_await() => {
                let argument = self.expr(Ty::Int);
                self.awaited(&format!("point({argument})"), Ty::Point)
            }
            2 => {
                let name = self.expr(Ty::Text);
                let y = self.expr(Ty::Int);
                format!("Point {{ name: {name}, y: {y}, x: {} }}", self.expr(Ty::Int))
            }
            3 | 4 => {
                let y = self.expr(Ty::Int);
                format!("Point {{ y: {y}, ..{} }}", self.op(Ty::Point))
            }
            _ => self.leaf(Ty::Point),
        }
    }

    pub(crate) fn outcome(&mut self) -> String {
        match self.below(5) {
            1 if self.can_await() => {
                format!("check({}).await.map_err(|_| \"refused\".to_owned())", self.expr(Ty::Int))
            }
            2 => format!("Ok::<i64, String>({})", self.expr(Ty::Int)),
            3 if self.once_in(3) => format!("Err::<i64, String>({})", self.expr(Ty::Text)),
            _ => self.leaf(Ty::Outcome),
        }
    }
}
