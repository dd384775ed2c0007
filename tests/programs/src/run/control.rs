//! Blocks, statements, branches and loops.

use syn::{Block, Expr, Pat, Stmt};

use super::{Env, Eval, Evaluated, Flow, Program, bug};
use crate::value::{Place, Value, cell};

impl Program {
    /// A block, in a scope of its own.
    pub fn block<'a>(&'a self, env: &'a mut Env, block: &'a Block) -> Eval<'a> {
        Box::pin(async move {
            let mark = env.len();
            let value = self.statements(env, block).await;
            env.truncate(mark);
            value
        })
    }

    async fn statements(&self, env: &mut Env, block: &Block) -> Evaluated {
        for stmt in &block.stmts {
            if let Stmt::Item(item) = stmt {
                self.item(env, item)?;
            }
        }
        let mut last = Value::unit();
        for stmt in &block.stmts {
            last = self.statement(env, stmt).await?;
        }
        Ok(last)
    }

    /// An item within a body: a constant. The types of what is left of a variable are none that a value has here.
    pub fn item(&self, env: &mut Env, item: &syn::Item) -> Evaluated<()> {
        if matches!(item, syn::Item::Struct(_) | syn::Item::Impl(_)) {
            return Ok(());
        }
        let syn::Item::Const(constant) = item else { return bug("an item we do not know") };
        let value = Program::now(self.value(&mut env.clone(), &constant.expr))?;
        env.bind(&constant.ident.to_string(), cell(value));
        Ok(())
    }

    /// A statement; what it binds stays bound. Gives its value, where it is a block's last.
    pub fn statement<'a>(&'a self, env: &'a mut Env, stmt: &'a Stmt) -> Eval<'a> {
        Box::pin(async move {
            match stmt {
                Stmt::Local(local) => {
                    self.local(env, local).await?;
                    Ok(Value::unit())
                }
                Stmt::Item(_) => Ok(Value::unit()),
                Stmt::Expr(expr, None) => self.value(env, expr).await,
                Stmt::Expr(expr, Some(_)) => {
                    // A place that stands alone is not moved out of.
                    if super::expr::is_place(env, expr) {
                        self.place(env, expr).await?;
                    } else {
                        self.value(env, expr).await?;
                    }
                    Ok(Value::unit())
                }
                Stmt::Macro(mac) => {
                    let value = self.macro_value(env, &mac.mac).await?;
                    Ok(if mac.semi_token.is_some() { Value::unit() } else { value })
                }
            }
        })
    }

    async fn local(&self, env: &mut Env, local: &syn::Local) -> Evaluated<()> {
        let pat = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pat => pat,
        };
        let Some(init) = &local.init else {
            let Pat::Ident(name) = pat else { return bug("a pattern without a value") };
            env.bind(&name.ident.to_string(), cell(Value::Moved));
            return Ok(());
        };
        let whole = matches!(pat, Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none());
        let place = if whole && init.diverge.is_none() {
            Place::whole(cell(self.value(env, &init.expr).await?))
        } else {
            self.place(env, &init.expr).await?
        };
        if self.bind_pattern(env, pat, &place)? {
            return Ok(());
        }
        match &init.diverge {
            Some((_, otherwise)) => {
                self.value(env, otherwise).await?;
                bug("the `else` of a `let` goes on")
            }
            None => bug("a `let` that does not match"),
        }
    }

    /// Whether a condition holds; what its `let`s bind stays bound.
    pub fn condition<'a>(&'a self, env: &'a mut Env, expr: &'a Expr) -> Eval<'a, bool> {
        Box::pin(async move {
            match expr {
                Expr::Paren(inner) => self.condition(env, &inner.expr).await,
                Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
                    Ok(self.condition(env, &binary.left).await? && self.condition(env, &binary.right).await?)
                }
                Expr::Let(binding) => {
                    let place = self.place(env, &binding.expr).await?;
                    self.bind_pattern(env, &binding.pat, &place)
                }
                expr => match self.value(env, expr).await? {
                    Value::Bool(holds) => Ok(holds),
                    other => bug(format!("a condition that is {other:?}")),
                },
            }
        })
    }

    pub(crate) fn control<'a>(&'a self, env: &'a mut Env, expr: &'a Expr) -> Eval<'a> {
        Box::pin(async move {
            let mark = env.len();
            let value = self.control_in(env, expr).await;
            env.truncate(mark);
            value
        })
    }

    async fn control_in(&self, env: &mut Env, expr: &Expr) -> Evaluated {
        match expr {
            Expr::Block(block) => {
                let value = self.block(env, &block.block).await;
                match (value, &block.label) {
                    (Err(Flow::Break(Some(to), value)), Some(label)) if label.name.ident == to => Ok(value),
                    (value, _) => value,
                }
            }
            Expr::If(branch) => {
                let mark = env.len();
                if self.condition(env, &branch.cond).await? {
                    return self.block(env, &branch.then_branch).await;
                }
                env.truncate(mark);
                match &branch.else_branch {
                    Some((_, otherwise)) => self.value(env, otherwise).await,
                    None => Ok(Value::unit()),
                }
            }
            Expr::Match(expr) => {
                let place = self.place(env, &expr.expr).await?;
                for arm in &expr.arms {
                    let (pat, guard) = match &arm.pat {
                        Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
                        pat => (pat, None),
                    };
                    let mark = env.len();
                    if self.guarded(env, pat, guard, &place)? {
                        return self.value(env, &arm.body).await;
                    }
                    env.truncate(mark);
                }
                bug(format!("no arm matches {:?}", place.read()))
            }
            Expr::Loop(expr) => loop {
                let turn = self.block(env, &expr.body).await;
                if let Some(value) = turn_ends(turn, expr.label.as_ref())? {
                    return Ok(value);
                }
            },
            Expr::While(expr) => loop {
                let mark = env.len();
                if !self.condition(env, &expr.cond).await? {
                    return Ok(Value::unit());
                }
                let turn = self.block(env, &expr.body).await;
                env.truncate(mark);
                if turn_ends(turn, expr.label.as_ref())?.is_some() {
                    return Ok(Value::unit());
                }
            },
            Expr::ForLoop(expr) => {
                let items = self.value(env, &expr.expr).await?;
                for item in items_of(items)? {
                    self.step()?;
                    let mark = env.len();
                    if !self.bind_pattern(env, &expr.pat, &Place::whole(cell(item)))? {
                        return bug("the pattern of a `for` does not match");
                    }
                    let turn = self.block(env, &expr.body).await;
                    env.truncate(mark);
                    if turn_ends(turn, expr.label.as_ref())?.is_some() {
                        break;
                    }
                }
                Ok(Value::unit())
            }
            Expr::Return(leave) => {
                let value = match &leave.expr {
                    Some(value) => self.value(env, value).await?,
                    None => Value::unit(),
                };
                Err(Flow::Return(value))
            }
            Expr::Break(leave) => {
                let value = match &leave.expr {
                    Some(value) => self.value(env, value).await?,
                    None => Value::unit(),
                };
                Err(Flow::Break(leave.label.as_ref().map(|label| label.ident.to_string()), value))
            }
            Expr::Continue(leave) => {
                Err(Flow::Continue(leave.label.as_ref().map(|label| label.ident.to_string())))
            }
            _ => bug("an expression we do not know"),
        }
    }

    /// Whether an arm's pattern matches, and its guard holds; its names are bound then.
    pub fn guarded(&self, env: &mut Env, pat: &Pat, guard: Option<&Expr>, place: &Place) -> Evaluated<bool> {
        match guard {
            None => self.bind_pattern(env, pat, place),
            Some(guard) => self.bind_guarded(env, pat, place, |env| Program::now(self.condition(env, guard))),
        }
    }
}

/// The value with which a loop ends after a turn, if it does.
fn turn_ends(turn: Evaluated, label: Option<&syn::Label>) -> Evaluated<Option<Value>> {
    let own =
        |to: &Option<String>| to.as_ref().is_none_or(|to| label.is_some_and(|label| label.name.ident == to));
    match turn {
        Ok(_) => Ok(None),
        Err(Flow::Break(to, value)) if own(&to) => Ok(Some(value)),
        Err(Flow::Continue(to)) if own(&to) => Ok(None),
        Err(flow) => Err(flow),
    }
}

/// What a loop goes over.
pub(crate) fn items_of(value: Value) -> Evaluated<std::collections::VecDeque<Value>> {
    Ok(match value {
        Value::Items(items) => items,
        Value::List(items) => items.into(),
        Value::Range(start, end) => (start..end.min(start.saturating_add(1000))).map(Value::Int).collect(),
        Value::Variant(name, inner) if matches!(&*name, "Some" | "None") => inner.into(),
        Value::Borrow(place) => {
            let place = place.target();
            let count = place.with(|value| match value {
                Value::List(items) => Some(items.len()),
                _ => None,
            });
            match count.flatten() {
                Some(count) => (0..count).map(|number| Value::Borrow(place.part(number))).collect(),
                None => return bug(format!("a loop over {:?}", place.read())),
            }
        }
        other => return bug(format!("a loop over {other:?}")),
    })
}
