//! Expressions.

use syn::{BinOp, Expr, Member, RangeLimits, UnOp};

use super::pattern::take;
use super::{Env, Eval, Evaluated, Flow, Program, bug};
use crate::library;
use crate::value::{Place, Value, cell};

impl Program {
    /// Evaluates an expression by value: what is at a place is copied, or moved out of it.
    pub fn value<'a>(&'a self, env: &'a mut Env, expr: &'a Expr) -> Eval<'a> {
        Box::pin(async move {
            self.step()?;
            match expr {
                Expr::Lit(literal) => Self::literal(&literal.lit),
                Expr::Paren(inner) => self.value(env, &inner.expr).await,
                Expr::Group(inner) => self.value(env, &inner.expr).await,
                Expr::Path(path) if is_place(env, expr) => {
                    take(&self.place(env, expr).await?, &path.path.segments[0].ident.to_string())
                }
                Expr::Path(path) => {
                    match path.path.segments.last().map(|last| last.ident.to_string()).as_deref() {
                        Some("None") => Ok(Value::option(None)),
                        Some("Elapsed") => Ok(Value::variant("Elapsed", [])),
                        Some(name) => match self.constants.get(name) {
                            Some(constant) => self.value(&mut Env::default(), constant).await,
                            None => bug(format!("there is no `{name}`")),
                        },
                        None => bug("an empty path"),
                    }
                }
                Expr::Field(_) | Expr::Index(_) => take(&self.place(env, expr).await?, "a part"),
                Expr::Unary(unary) => match unary.op {
                    UnOp::Deref(_) => take(&self.place(env, expr).await?, "a borrow"),
                    UnOp::Neg(_) => match self.value(env, &unary.expr).await? {
                        Value::Int(value) => Ok(Value::Int(value.wrapping_neg())),
                        other => bug(format!("-{other:?}")),
                    },
                    UnOp::Not(_) => match self.value(env, &unary.expr).await? {
                        Value::Bool(value) => Ok(Value::Bool(!value)),
                        Value::Int(value) => Ok(Value::Int(!value)),
                        other => bug(format!("!{other:?}")),
                    },
                    _ => bug("an operator we do not know"),
                },
                Expr::Reference(reference) => Ok(Value::Borrow(self.place(env, &reference.expr).await?)),
                Expr::Cast(cast) => Ok(match self.value(env, &cast.expr).await? {
                    Value::Bool(value) => Value::Int(i64::from(value)),
                    value => value,
                }),
                Expr::Binary(binary) => self.binary(env, binary).await,
                Expr::Assign(assign) => {
                    let value = self.value(env, &assign.right).await?;
                    self.assign(env, &assign.left, value).await?;
                    Ok(Value::unit())
                }
                Expr::Tuple(tuple) => Ok(Value::Tuple(self.values(env, &tuple.elems).await?)),
                Expr::Array(array) => Ok(Value::List(self.values(env, &array.elems).await?)),
                Expr::Repeat(repeat) => {
                    let value = self.value(env, &repeat.expr).await?;
                    match self.value(env, &repeat.len).await? {
                        Value::Int(count) => {
                            Ok(Value::List(vec![value; usize::try_from(count).unwrap_or(0)]))
                        }
                        other => bug(format!("[_; {other:?}]")),
                    }
                }
                Expr::Struct(literal) => self.struct_literal(env, literal).await,
                Expr::Range(range) => self.range(env, range).await,
                Expr::Call(call) => self.call(env, call).await,
                Expr::MethodCall(call) => self.method_call(env, call).await,
                Expr::Closure(closure) => {
                    Ok(Value::Closure(std::rc::Rc::new((closure.clone(), env.clone()))))
                }
                Expr::Async(block) => Ok(Self::block_value(env, block)),
                Expr::Await(operand) => {
                    let operation = self.awaitable(env, &operand.base).await?;
                    self.perform(env.clone(), operation).await
                }
                Expr::Try(operand) => {
                    let value = self.value(env, &operand.expr).await?;
                    question(value)?.map_err(Flow::Return)
                }
                Expr::Macro(mac) => self.macro_value(env, &mac.mac).await,
                _ => self.control(env, expr).await,
            }
        })
    }

    /// Evaluates operands in order.
    pub(crate) async fn values(
        &self,
        env: &mut Env,
        exprs: impl IntoIterator<Item = &Expr>,
    ) -> Evaluated<Vec<Value>> {
        let mut values = Vec::new();
        for expr in exprs {
            values.push(self.value(env, expr).await?);
        }
        Ok(values)
    }

    /// Where an expression is: a place as it is, anything else in a variable of its own.
    pub fn place<'a>(&'a self, env: &'a mut Env, expr: &'a Expr) -> Eval<'a, Place> {
        Box::pin(async move {
            match expr {
                Expr::Paren(inner) => self.place(env, &inner.expr).await,
                Expr::Group(inner) => self.place(env, &inner.expr).await,
                Expr::Path(path) if is_place(env, expr) => {
                    let name = path.path.segments[0].ident.to_string();
                    Ok(Place::whole(env.lookup(&name).expect("it is a place").clone()))
                }
                Expr::Field(field) => {
                    let base = self.place(env, &field.base).await?.target();
                    let name = match &field.member {
                        Member::Named(name) => name.to_string(),
                        Member::Unnamed(index) => index.index.to_string(),
                    };
                    match base.with(|value| value.field(&name)).flatten() {
                        Some(number) => Ok(base.part(number)),
                        None => bug(format!("there is no field {name} in {:?}", base.read())),
                    }
                }
                Expr::Index(index) => {
                    let base = self.place(env, &index.expr).await?.target();
                    let Value::Int(at) = self.value(env, &index.index).await? else {
                        return bug("an index that is no number");
                    };
                    let part = usize::try_from(at).ok().map(|at| base.part(at));
                    // Of a part of a list, the elements are kept as borrows of those of the list.
                    part.filter(|part| part.with(|_| ()).is_some())
                        .map_or_else(|| bug(format!("there is no element {at}")), |part| Ok(part.target()))
                }
                Expr::Unary(syn::ExprUnary { op: UnOp::Deref(_), expr: inner, .. }) => {
                    match self.place(env, inner).await?.read() {
                        Some(Value::Borrow(place)) => Ok(place),
                        other => bug(format!("*{other:?}")),
                    }
                }
                _ => Ok(Place::whole(cell(self.value(env, expr).await?))),
            }
        })
    }

    /// A place borrowed, anything else by value: what a macro or comparison does with an operand.
    pub(crate) async fn borrowed(&self, env: &mut Env, expr: &Expr) -> Evaluated {
        if is_place(env, expr) {
            let place = self.place(env, expr).await?;
            return match place.read() {
                Some(_) => Ok(Value::Borrow(place)),
                None => bug("what is moved out is looked at"),
            };
        }
        self.value(env, expr).await
    }

    async fn binary(&self, env: &mut Env, binary: &syn::ExprBinary) -> Evaluated {
        use BinOp::{Add, And, BitAnd, BitOr, BitXor, Eq, Ge, Gt, Le, Lt, Mul, Ne, Or, Rem, Sub};
        match binary.op {
            And(_) | Or(_) => {
                let left = self.value(env, &binary.left).await?;
                let Value::Bool(left) = left else { return bug("a condition that is no bool") };
                return match binary.op {
                    And(_) if !left => Ok(Value::Bool(false)),
                    Or(_) if left => Ok(Value::Bool(true)),
                    _ => self.value(env, &binary.right).await,
                };
            }
            Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_) => {
                // Numbers are copied before the right side is evaluated; other things are borrowed, and cannot change.
                let mut left = self.borrowed(env, &binary.left).await?;
                if let Some(copied) = left.target().filter(Value::is_copy) {
                    left = copied;
                }
                let right = self.borrowed(env, &binary.right).await?;
                let (Some(left), Some(right)) = (left.target(), right.target()) else {
                    return bug("what is moved out is compared");
                };
                return compare(&binary.op, &left, &right);
            }
            Add(_) | Sub(_) | Mul(_) | Rem(_) | BitAnd(_) | BitOr(_) | BitXor(_) => {}
            _ => return self.compound_assignment(env, binary).await,
        }
        let left = self.value(env, &binary.left).await?;
        let right = self.value(env, &binary.right).await?;
        let (Some(left), Some(right)) = (left.target(), right.target()) else {
            return bug("what is moved out is computed with");
        };
        Ok(match (&binary.op, left, right) {
            (Add(_), Value::Int(left), Value::Int(right)) => Value::Int(left.wrapping_add(right)),
            (Sub(_), Value::Int(left), Value::Int(right)) => Value::Int(left.wrapping_sub(right)),
            (Mul(_), Value::Int(left), Value::Int(right)) => Value::Int(left.wrapping_mul(right)),
            (Rem(_), Value::Int(left), Value::Int(right)) if right != 0 => Value::Int(left % right),
            (Add(_), Value::Text(left), Value::Text(right)) => Value::Text(left + &right),
            (BitAnd(_), Value::Bool(left), Value::Bool(right)) => Value::Bool(left & right),
            (BitOr(_), Value::Bool(left), Value::Bool(right)) => Value::Bool(left | right),
            (BitXor(_), Value::Bool(left), Value::Bool(right)) => Value::Bool(left ^ right),
            (_, left, right) => return bug(format!("{left:?} and {right:?} in an operation")),
        })
    }

    async fn compound_assignment(&self, env: &mut Env, binary: &syn::ExprBinary) -> Evaluated {
        let right = self.value(env, &binary.right).await?;
        let Some(right) = right.target() else { return bug("what is moved out is added") };
        let place = self.place(env, &binary.left).await?.target();
        let done = place.with(|left| match (&binary.op, left, right) {
            (BinOp::AddAssign(_), Value::Int(left), Value::Int(right)) => {
                *left = left.wrapping_add(right);
                true
            }
            (BinOp::SubAssign(_), Value::Int(left), Value::Int(right)) => {
                *left = left.wrapping_sub(right);
                true
            }
            (BinOp::AddAssign(_), Value::Text(left), Value::Text(right)) => {
                left.push_str(&right);
                true
            }
            _ => false,
        });
        if done == Some(true) { Ok(Value::unit()) } else { bug("a compound assignment we do not know") }
    }

    fn assign<'a>(&'a self, env: &'a mut Env, left: &'a Expr, value: Value) -> Eval<'a, ()> {
        Box::pin(async move {
            match (left, value) {
                (Expr::Infer(_), _) => {}
                (Expr::Paren(inner), value) => self.assign(env, &inner.expr, value).await?,
                (Expr::Tuple(tuple), Value::Tuple(parts)) => {
                    for (left, part) in tuple.elems.iter().zip(parts) {
                        self.assign(env, left, part).await?;
                    }
                }
                (left, value) => {
                    let place = self.place(env, left).await?;
                    if place.with(|old| *old = value).is_none() {
                        return bug("an assignment to what is not there");
                    }
                }
            }
            Ok(())
        })
    }

    async fn struct_literal(&self, env: &mut Env, literal: &syn::ExprStruct) -> Evaluated {
        let name = literal.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let Value::Struct(name, mut fields) = library::point(0, 0, &name) else {
            return bug("there is one struct");
        };
        let mut given = Vec::new();
        for field in &literal.fields {
            let Member::Named(member) = &field.member else { return bug("a field without a name") };
            given.push((member.to_string(), self.value(env, &field.expr).await?));
        }
        if let Some(rest) = &literal.rest {
            let base = self.place(env, rest).await?.target();
            for (number, (field, value)) in fields.iter_mut().enumerate() {
                if !given.iter().any(|(name, _)| **name == **field) {
                    *value = take(&base.part(number), "a field of the base")?;
                }
            }
        }
        for (name, value) in given {
            match fields.iter_mut().find(|(field, _)| **field == *name) {
                Some((_, place)) => *place = value,
                None => return bug(format!("there is no field {name}")),
            }
        }
        Ok(Value::Struct(name, fields))
    }

    async fn range(&self, env: &mut Env, range: &syn::ExprRange) -> Evaluated {
        let mut ends = [0, i64::MAX];
        for (place, end) in ends.iter_mut().zip([&range.start, &range.end]) {
            if let Some(end) = end {
                let Some(Value::Int(value)) = self.value(env, end).await?.target() else {
                    return bug("a range of no numbers");
                };
                *place = value;
            }
        }
        let [start, end] = ends;
        Ok(Value::Range(start, if matches!(range.limits, RangeLimits::Closed(_)) { end + 1 } else { end }))
    }
}

/// What `?` gives, or returns with.
pub(crate) fn question(value: Value) -> Evaluated<Result<Value, Value>> {
    match value {
        Value::Variant(name, mut inner) => match &*name {
            "Ok" | "Some" if inner.len() == 1 => Ok(Ok(inner.remove(0))),
            "Err" if inner.len() == 1 => Ok(Err(Value::variant("Err", [library::fault(inner.remove(0))]))),
            "None" => Ok(Err(Value::option(None))),
            _ => bug("`?` on something else"),
        },
        other => bug(format!("`?` on {other:?}")),
    }
}

fn compare(op: &BinOp, left: &Value, right: &Value) -> Evaluated {
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => {
            return match op {
                BinOp::Eq(_) => Ok(Value::Bool(left.equals(right))),
                BinOp::Ne(_) => Ok(Value::Bool(!left.equals(right))),
                _ => bug("an order we do not know"),
            };
        }
    };
    Ok(Value::Bool(match op {
        BinOp::Eq(_) => order.is_eq(),
        BinOp::Ne(_) => order.is_ne(),
        BinOp::Lt(_) => order.is_lt(),
        BinOp::Le(_) => order.is_le(),
        BinOp::Gt(_) => order.is_gt(),
        _ => order.is_ge(),
    }))
}

/// Whether an expression names a place.
pub(crate) fn is_place(env: &Env, expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| env.lookup(&name.to_string()).is_some()),
        Expr::Paren(inner) => is_place(env, &inner.expr),
        Expr::Group(inner) => is_place(env, &inner.expr),
        Expr::Field(_) | Expr::Index(_) | Expr::Unary(syn::ExprUnary { op: UnOp::Deref(_), .. }) => true,
        _ => false,
    }
}
