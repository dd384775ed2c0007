//! Waiting, and branches beside each other.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::{Expr, Pat, Token};

use super::list::ListOf;
use super::macros::{expressions, parsed};
use super::{Env, Eval, Evaluated, Flow, Program, bug};
use crate::value::{Place, Value, cell};
use crate::world::World;

/// Gives an operation up unless it is done.
struct Begun<'a>(&'a Program, u64);

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.0.world.borrow_mut().disarm(self.1);
    }
}

impl Program {
    /// Begins what is awaited, and waits for it.
    pub(crate) fn perform(&self, env: Env, operation: Value) -> Eval<'_> {
        Box::pin(async move {
            match operation {
                Value::Operation(name, mut values) if &*name == "wait_until" => {
                    let Some(condition) = values.pop() else { return bug("a condition is missing") };
                    poll_fn(|_| match Program::now(self.call_closure(condition.clone(), Vec::new())) {
                        Ok(Value::Bool(false)) => Poll::Pending,
                        Ok(_) => {
                            self.world.borrow_mut().progress += 1;
                            Poll::Ready(Ok(Value::unit()))
                        }
                        Err(flow) => Poll::Ready(Err(flow)),
                    })
                    .await
                }
                Value::Operation(name, _) if &*name == "cancelled" => {
                    self.ready_when(World::cancelled_here).await
                }
                Value::Operation(name, _) if &*name == "all_handlers_finished" => {
                    self.ready_when(World::handlers_finished).await
                }
                Value::Operation(name, mut values) if &*name == "timeout" && values.len() == 2 => {
                    let operation = self.perform(env.clone(), values.remove(1));
                    let timer = self.perform(env, Value::Operation("sleep".into(), values));
                    let (winner, output) = race(vec![operation, timer]).await?;
                    Ok(match winner {
                        0 => Value::variant("Ok", [output]),
                        _ => Value::variant("Err", [Value::variant("Elapsed", [])]),
                    })
                }
                Value::Operation(name, mut values) if matches!(&*name, "scope" | "shield") => {
                    let Some(inside) = values.pop() else { return bug("a scope with nothing in it") };
                    if &*name == "scope" {
                        self.scope(env, inside).await
                    } else {
                        self.shield(env, inside).await
                    }
                }
                Value::Operation(name, values) if matches!(&*name, "join_all" | "try_join_all") => {
                    self.join_list(env, ListOf::new(&name, values)?).await
                }
                Value::Operation(name, values) if &*name == "run" => {
                    let begun = self.begin_step(values)?;
                    self.output_of(begun).await
                }
                Value::Operation(name, values) => {
                    let number = self.world.borrow_mut().begin(&name, &values).or_else(bug)?;
                    self.output_of(Begun(self, number)).await
                }
                Value::Block(_) => {
                    let handle = self.world.borrow_mut().spawn(operation);
                    let Value::Handle(handle) = &handle else { return bug("a task without a handle") };
                    self.wait_for(handle.0, true).await
                }
                Value::Handle(handle) => self.wait_for(handle.0, false).await,
                Value::Borrow(place) => match place.target().read() {
                    Some(Value::Handle(handle)) => {
                        let number = handle.0;
                        drop(handle);
                        self.wait_for(number, false).await
                    }
                    other => bug(format!("{other:?} is awaited by reference")),
                },
                Value::Function(name, values) => self.function(&name, values).await,
                Value::Call(name, values) => self.method(&name, values, env.lookup("self").cloned()).await,
                Value::Task(task) => {
                    let (block, env) = &*task;
                    match self.block(&mut env.clone(), block).await {
                        Err(Flow::Return(value)) => Ok(value),
                        other => other,
                    }
                }
                other => bug(format!("{other:?} is awaited")),
            }
        })
    }

    /// Begins an operation of a list, all of which begin before one is asked for its output.
    fn begun(&self, env: Env, operation: Value) -> Eval<'_> {
        match operation {
            Value::Block(_) => {
                let handle = self.world.borrow_mut().spawn(operation);
                Box::pin(async move {
                    let Value::Handle(handle) = &handle else { return bug("a task without a handle") };
                    self.wait_for(handle.0, true).await
                })
            }
            Value::Operation(name, values) if &*name == "run" || name_is_simple(&name) => {
                let begun = if &*name == "run" {
                    self.begin_step(values)
                } else {
                    let number = self.world.borrow_mut().begin(&name, &values).or_else(bug);
                    number.map(|number| Begun(self, number))
                };
                Box::pin(async move { self.output_of(begun?).await })
            }
            operation => self.perform(env, operation),
        }
    }

    /// Begins a local step, whose block is run at once: what it comes to is the same whenever it is.
    fn begin_step(&self, values: Vec<Value>) -> Evaluated<Begun<'_>> {
        let Ok([Value::Text(name), Value::Block(block)]) = <[Value; 2]>::try_from(values) else {
            return bug("a step is a name and a block");
        };
        let output = Program::now(self.perform(Env::default(), *block))?;
        Ok(Begun(self, self.world.borrow_mut().arm(output, None, &format!("step {name}"))))
    }

    /// Waits for something that the world says.
    async fn ready_when(&self, is_ready: fn(&mut World) -> bool) -> Evaluated {
        poll_fn(|_| {
            if is_ready(&mut self.world.borrow_mut()) {
                return Poll::Ready(Ok(Value::unit()));
            }
            Poll::Pending
        })
        .await
    }

    /// Waits for an operation.
    async fn output_of(&self, begun: Begun<'_>) -> Evaluated {
        poll_fn(|_| {
            let output = self.world.borrow_mut().poll(begun.1);
            output.map_or(Poll::Pending, |output| Poll::Ready(Ok(output)))
        })
        .await
    }

    /// `join_all` and `try_join_all`.
    async fn join_list(&self, env: Env, mut list: ListOf) -> Evaluated {
        let mut running: BTreeMap<usize, Eval<'_>> = BTreeMap::new();
        poll_fn(move |context| {
            loop {
                for (place, operation) in list.begun() {
                    running.insert(place, self.begun(env.clone(), operation));
                }
                let before = running.len();
                for place in running.keys().copied().collect::<Vec<_>>() {
                    let Some(Poll::Ready(output)) =
                        running.get_mut(&place).map(|operation| operation.as_mut().poll(context))
                    else {
                        continue;
                    };
                    running.remove(&place);
                    match output.and_then(|output| list.ended(place, output)) {
                        Ok(None) => {}
                        Ok(Some(error)) => return Poll::Ready(Ok(error)),
                        Err(flow) => return Poll::Ready(Err(flow)),
                    }
                }
                if let Some(outputs) = list.outputs() {
                    return Poll::Ready(Ok(outputs));
                }
                if running.len() == before {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// `join!` and `try_join!`.
    pub(crate) async fn join(&self, env: &mut Env, tokens: TokenStream, trying: bool) -> Evaluated {
        let branches = parsed(expressions, tokens)?;
        let values = self.awaitables(env, &branches).await?;
        let mut branches: Vec<Eval<'_>> =
            values.into_iter().map(|value| self.perform(env.clone(), value)).collect();
        let mut outputs: Vec<Option<Value>> = vec![None; branches.len()];
        poll_fn(move |context| {
            for (branch, output) in
                branches.iter_mut().zip(&mut outputs).filter(|(_, output)| output.is_none())
            {
                match branch.as_mut().poll(context) {
                    Poll::Ready(Ok(Value::Variant(name, inner))) if trying && &*name == "Err" => {
                        return Poll::Ready(Ok(Value::Variant(name, inner)));
                    }
                    Poll::Ready(Ok(Value::Variant(name, mut inner))) if trying && &*name == "Ok" => {
                        *output = inner.pop();
                    }
                    Poll::Ready(Ok(_)) if trying => return Poll::Ready(bug("try_join! of no results")),
                    Poll::Ready(Ok(value)) => *output = Some(value),
                    Poll::Ready(Err(flow)) => return Poll::Ready(Err(flow)),
                    Poll::Pending => {}
                }
            }
            if outputs.iter().any(Option::is_none) {
                return Poll::Pending;
            }
            let all = Value::Tuple(outputs.iter_mut().filter_map(Option::take).collect());
            Poll::Ready(Ok(if trying { Value::variant("Ok", [all]) } else { all }))
        })
        .await
    }

    /// `select!`: the first in the order of the source whose guard and pattern let it.
    pub(crate) async fn select(&self, env: &mut Env, tokens: TokenStream) -> Evaluated {
        let (arms, otherwise) = parsed(select_arms, tokens)?;
        let mut open = Vec::new();
        for arm in &arms {
            open.push(match &arm.guard {
                Some(guard) => matches!(self.value(env, guard).await?, Value::Bool(true)),
                None => true,
            });
        }
        let values = self.awaitables(env, arms.iter().map(|arm| &arm.awaitable)).await?;
        let mut branches: Vec<Option<Eval<'_>>> = values
            .into_iter()
            .zip(open)
            .map(|(value, open)| open.then(|| self.perform(env.clone(), value)))
            .collect();
        let scope = env.clone();
        let first = poll_fn(|context| {
            for (number, place) in branches.iter_mut().enumerate() {
                let Some(branch) = place else { continue };
                let Poll::Ready(output) = branch.as_mut().poll(context) else { continue };
                *place = None;
                let place = match output {
                    Ok(output) => Place::whole(cell(output)),
                    Err(flow) => return Poll::Ready(Err(flow)),
                };
                let (mut env, copy) = (scope.clone(), place.read().map(cell));
                let copy = Place::whole(copy.unwrap_or_else(|| cell(Value::Moved)));
                match self.bind_pattern(&mut env, &arms[number].pat, &copy) {
                    Ok(true) => return Poll::Ready(Ok(Some((number, place)))),
                    Ok(false) => {}
                    Err(flow) => return Poll::Ready(Err(flow)),
                }
            }
            if branches.iter().all(Option::is_none) { Poll::Ready(Ok(None)) } else { Poll::Pending }
        })
        .await?;
        drop(branches);
        let Some((winner, output)) = first else {
            return match &otherwise {
                Some(otherwise) => self.value(env, otherwise).await,
                None => bug("all branches of a `select!` are shut"),
            };
        };
        let mark = env.len();
        self.bind_pattern(env, &arms[winner].pat, &output)?;
        let value = self.value(env, &arms[winner].handler).await;
        env.truncate(mark);
        value
    }
}

/// Whether an operation is one of the world's.
fn name_is_simple(name: &str) -> bool {
    name == "sleep" || crate::library::ACTIVITIES.contains(&name)
}

/// A branch of a `select!`.
pub(super) struct SelectArm {
    pat: Pat,
    pub(super) awaitable: Expr,
    pub(super) guard: Option<Expr>,
    pub(super) handler: Expr,
}

/// The first branch that is done, by number, and its output; the others are dropped.
async fn race(mut branches: Vec<Eval<'_>>) -> Evaluated<(usize, Value)> {
    poll_fn(move |context| {
        for (number, branch) in branches.iter_mut().enumerate() {
            if let Poll::Ready(output) = branch.as_mut().poll(context) {
                return Poll::Ready(output.map(|output| (number, output)));
            }
        }
        Poll::Pending
    })
    .await
}

pub(super) fn select_arms(input: ParseStream<'_>) -> syn::Result<(Vec<SelectArm>, Option<Expr>)> {
    let mut arms = Vec::new();
    while !input.is_empty() {
        if input.parse::<Option<Token![else]>>()?.is_some() {
            input.parse::<Token![=>]>()?;
            return Ok((arms, Some(handler(input)?)));
        }
        let pat = Pat::parse_multi(input)?;
        input.parse::<Token![=]>()?;
        let awaitable = input.parse()?;
        let guard = if input.parse::<Option<Token![,]>>()?.is_some() {
            input.parse::<Token![if]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        input.parse::<Token![=>]>()?;
        arms.push(SelectArm { pat, awaitable, guard, handler: handler(input)? });
    }
    Ok((arms, None))
}

fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    let handler = if input.peek(syn::token::Brace) {
        Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: input.parse()? })
    } else {
        input.parse()?
    };
    if !input.is_empty() {
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(handler)
}
