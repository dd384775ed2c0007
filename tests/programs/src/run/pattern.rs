//! Patterns.

use syn::{Expr, Lit, Member, Pat};

use super::method::slice_of;
use super::{Env, Evaluated, Program, bug};
use crate::value::{Place, Value, cell};

/// What a pattern found for a name: where, and whether it is borrowed rather than taken.
pub(crate) type Found = Vec<(String, Place, bool)>;

impl Program {
    /// Binds the names of a pattern, if it matches what is at a place.
    pub fn bind_pattern(&self, env: &mut Env, pat: &Pat, place: &Place) -> Evaluated<bool> {
        let mut found = Found::new();
        let matches = self.matches(env, pat, place, false, &mut found)?;
        if matches {
            Self::bind_found(env, found)?;
        }
        Ok(matches)
    }

    /// Whether a pattern with a guard matches; its names are bound then.
    pub fn bind_guarded(
        &self,
        env: &mut Env,
        pat: &Pat,
        place: &Place,
        guard: impl FnOnce(&mut Env) -> Evaluated<bool>,
    ) -> Evaluated<bool> {
        let mut found = Found::new();
        if !self.matches(env, pat, place, false, &mut found)? {
            return Ok(false);
        }
        // The guard looks; what is moved is moved after it.
        let mark = env.len();
        for (name, place, by_ref) in &found {
            let value = if *by_ref { Some(Value::Borrow(place.clone())) } else { place.read() };
            env.bind(name, cell(value.unwrap_or(Value::Moved)));
        }
        let holds = guard(env);
        env.truncate(mark);
        if holds? {
            Self::bind_found(env, found)?;
            return Ok(true);
        }
        Ok(false)
    }

    fn bind_found(env: &mut Env, found: Found) -> Evaluated<()> {
        for (name, place, by_ref) in found {
            let value = if by_ref { Value::Borrow(place) } else { take(&place, &name)? };
            env.bind(&name, cell(value));
        }
        Ok(())
    }

    fn matches(
        &self,
        env: &Env,
        pat: &Pat,
        place: &Place,
        by_ref: bool,
        found: &mut Found,
    ) -> Evaluated<bool> {
        let (mut place, mut by_ref) = (place.clone(), by_ref);
        // A pattern that looks inside looks through borrows, and borrows from then on.
        if !matches!(
            pat,
            Pat::Ident(_) | Pat::Wild(_) | Pat::Reference(_) | Pat::Paren(_) | Pat::Type(_) | Pat::Or(_)
        ) {
            let target = place.target();
            if target.path != place.path || !std::rc::Rc::ptr_eq(&target.cell, &place.cell) {
                (place, by_ref) = (target, true);
            }
        }
        match pat {
            Pat::Wild(_) | Pat::Rest(_) => Ok(true),
            Pat::Paren(inner) => self.matches(env, &inner.pat, &place, by_ref, found),
            Pat::Type(inner) => self.matches(env, &inner.pat, &place, by_ref, found),
            Pat::Ident(name) => {
                let text = name.ident.to_string();
                if text.starts_with(char::is_uppercase) {
                    return Ok(Self::is_named(env, &place.target(), &text));
                }
                found.push((text, place.clone(), by_ref || name.by_ref.is_some()));
                match &name.subpat {
                    Some((_, inner)) => self.matches(env, inner, &place, by_ref, found),
                    None => Ok(true),
                }
            }
            Pat::Path(path) => {
                let last = path.path.segments.last().map(|last| last.ident.to_string());
                Ok(Self::is_named(env, &place, &last.unwrap_or_default()))
            }
            Pat::Lit(literal) => {
                let wanted = Self::literal(&literal.lit)?;
                Ok(place.read().is_some_and(|value| value.equals(&wanted)))
            }
            Pat::Range(range) => Self::in_range(range, &place),
            Pat::Or(or) => {
                for case in &or.cases {
                    let mark = found.len();
                    if self.matches(env, case, &place, by_ref, found)? {
                        return Ok(true);
                    }
                    found.truncate(mark);
                }
                Ok(false)
            }
            Pat::Reference(inner) => match place.read() {
                Some(Value::Borrow(target)) => self.matches(env, &inner.pat, &target, false, found),
                _ => bug("a reference pattern on something that is no borrow"),
            },
            Pat::Tuple(tuple) => {
                let pats: Vec<&Pat> = tuple.elems.iter().collect();
                self.parts(env, &pats, &place, by_ref, found)
            }
            Pat::Slice(slice) => {
                let pats: Vec<&Pat> = slice.elems.iter().collect();
                self.parts(env, &pats, &place, by_ref, found)
            }
            Pat::TupleStruct(variant) => {
                let last = variant.path.segments.last().map(|last| last.ident.to_string());
                if !Self::is_named(env, &place, &last.unwrap_or_default()) {
                    return Ok(false);
                }
                let pats: Vec<&Pat> = variant.elems.iter().collect();
                self.parts(env, &pats, &place, by_ref, found)
            }
            Pat::Struct(fields) => {
                for field in &fields.fields {
                    let name = match &field.member {
                        Member::Named(name) => name.to_string(),
                        Member::Unnamed(index) => index.index.to_string(),
                    };
                    let number = place.with(|value| value.field(&name)).flatten();
                    let Some(number) = number else { return bug(format!("there is no field {name}")) };
                    if !self.matches(env, &field.pat, &place.part(number), by_ref, found)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => bug("a pattern we do not know"),
        }
    }

    fn parts(
        &self,
        env: &Env,
        pats: &[&Pat],
        place: &Place,
        by_ref: bool,
        found: &mut Found,
    ) -> Evaluated<bool> {
        let count = place.with(|value| match value {
            Value::List(parts) | Value::Tuple(parts) | Value::Variant(_, parts) => parts.len(),
            _ => 0,
        });
        let count = count.unwrap_or(0);
        let rest = pats.iter().position(|pat| {
            matches!(pat, Pat::Rest(_))
                || matches!(pat, Pat::Ident(name) if matches!(&name.subpat, Some((_, sub)) if matches!(&**sub, Pat::Rest(_))))
        });
        let fits = if rest.is_some() { count + 1 >= pats.len() } else { count == pats.len() };
        if !fits {
            return Ok(false);
        }
        for (number, pat) in pats.iter().enumerate() {
            let at = match rest {
                Some(rest) if number == rest => {
                    if let Pat::Ident(name) = pat {
                        let numbers: Vec<usize> = (number..count - (pats.len() - 1 - number)).collect();
                        if let Value::Borrow(slice) = slice_of(place, &numbers) {
                            found.push((name.ident.to_string(), slice, true));
                        }
                    }
                    continue;
                }
                Some(rest) if number > rest => count - (pats.len() - number),
                _ => number,
            };
            if !self.matches(env, pat, &place.part(at), by_ref, found)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether what is at a place is the variant, or equals the constant, of that name.
    fn is_named(env: &Env, place: &Place, name: &str) -> bool {
        if let Some(constant) = env.lookup(name) {
            let constant = constant.borrow().clone();
            return place.read().is_some_and(|value| value.equals(&constant));
        }
        place.with(|value| matches!(value, Value::Variant(found, _) if &**found == name)).unwrap_or(false)
    }

    fn in_range(range: &syn::ExprRange, place: &Place) -> Evaluated<bool> {
        let Some(Value::Int(value)) = place.read() else { return bug("a range pattern on no number") };
        let end = |end: &Option<Box<Expr>>| -> Evaluated<Option<i64>> {
            match end.as_deref() {
                Some(Expr::Lit(literal)) => match Self::literal(&literal.lit)? {
                    Value::Int(end) => Ok(Some(end)),
                    _ => bug("a range pattern of no numbers"),
                },
                Some(_) => bug("a range pattern without literals"),
                None => Ok(None),
            }
        };
        let (start, last) = (end(&range.start)?, end(&range.end)?);
        let closed = matches!(range.limits, syn::RangeLimits::Closed(_));
        Ok(start.is_none_or(|start| value >= start)
            && last.is_none_or(|last| if closed { value <= last } else { value < last }))
    }

    pub(crate) fn literal(literal: &Lit) -> Evaluated {
        Ok(match literal {
            Lit::Int(int) => match int.base10_parse() {
                Ok(value) => Value::Int(value),
                Err(error) => return bug(error.to_string()),
            },
            Lit::Bool(value) => Value::Bool(value.value),
            Lit::Str(text) => Value::Text(text.value()),
            _ => return bug("a literal we do not know"),
        })
    }
}

/// The value at a place, copied or moved out.
pub(crate) fn take(place: &Place, name: &str) -> Evaluated {
    let taken = place
        .with(|value| if value.is_copy() { value.clone() } else { std::mem::replace(value, Value::Moved) });
    match taken {
        Some(Value::Moved) => bug(format!("`{name}` is used, but nothing is in it")),
        Some(value) => Ok(value),
        None => bug(format!("`{name}` is not there")),
    }
}
