//! Texts, and what shows values as text.

use super::{Hold, Ty, Writer};

impl Writer {
    pub(crate) fn text(&mut self) -> String {
        match self.below(10) {
            0 => self.leaf(Ty::Text),
            1 | 2 if self.can_await() => {
                let argument = self.expr(Ty::Text);
                self.awaited(&format!("text({argument})"), Ty::Text)
            }
            3..=5 => self.formatted(),
            6 => {
                let left = self.op(Ty::Text);
                format!("cut({left} + &{})", self.op(Ty::Text))
            }
            7 => format!("{}.1", self.op(Ty::Pair)),
            9 => format!("cut(&{})", self.op(Ty::Text)),
            8 => format!("{}.name", self.op(Ty::Point)),
            _ => self.leaf(Ty::Text),
        }
    }

    /// `format!` with arguments of all kinds.
    pub(crate) fn formatted(&mut self) -> String {
        let (mut holes, mut arguments) = (Vec::new(), Vec::new());
        let (mut frozen, mut named) = (Vec::new(), false);
        for _ in 0..=self.below(3) {
            let ty = self.ty();
            // What has no name stands before what has one.
            let kind = if named { 2 } else { self.below(4) };
            match kind {
                0 => {
                    holes.push("{:?}".to_owned());
                    let value = self.expr(ty);
                    // A variable alone is a place, too.
                    if let Some(var) = self.vars.iter().rposition(|var| var.name == value) {
                        self.change_hold(var, Hold::Freeze, 1);
                        frozen.push(var);
                    }
                    arguments.push(value);
                }
                1 => {
                    // A place, which the macro borrows.
                    if let Some(var) = self.readable(ty) {
                        holes.push("{:?}".to_owned());
                        arguments.push(self.vars[var].name.clone());
                        self.change_hold(var, Hold::Freeze, 1);
                        frozen.push(var);
                    }
                }
                2 => {
                    if let Some(var) =
                        self.readable(ty).filter(|var| !self.is_self(*var) && !self.is_part(*var))
                    {
                        holes.push(format!("{{{}:?}}", self.vars[var].name));
                        self.change_hold(var, Hold::Freeze, 1);
                        frozen.push(var);
                    }
                }
                _ => {
                    named = true;
                    let name = self.fresh("z");
                    holes.push(format!("{{{name}}}"));
                    arguments.push(format!("{name} = {}", self.expr(Ty::Int)));
                }
            }
        }
        for var in frozen {
            self.change_hold(var, Hold::Freeze, -1);
        }
        arguments.insert(0, format!("\"{}\"", holes.join("/")));
        format!("format!({})", arguments.join(", "))
    }
}
