//! Tasks, blocks that are values, and triggers.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprAsync};

use super::{Env, Eval, Evaluated, Program, bug};
use crate::outside::Call;
use crate::settle::{Bodies, settle_function};
use crate::value::{Cell, Value, cell};

/// The run and its tasks, as futures.
pub(super) struct Running<'p> {
    pub(super) program: &'p Program,
    pub(super) workflow: Cell,
    pub(super) run: Eval<'p>,
    pub(super) tasks: BTreeMap<u64, Eval<'p>>,
}

fn polled(future: &mut Eval<'_>) -> Evaluated<Option<Value>> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output.map(Some),
        Poll::Pending => Ok(None),
    }
}

impl Bodies for Running<'_> {
    fn run(&mut self) -> Evaluated<Option<Value>> {
        polled(&mut self.run)
    }

    fn begin(&mut self, task: u64, what: Value) -> Evaluated<()> {
        let mut env = Env::default();
        env.bind("self", self.workflow.clone());
        let what = match what {
            Value::Block(inner) => *inner,
            operation => operation,
        };
        self.tasks.insert(task, self.program.perform(env, what));
        Ok(())
    }

    fn begin_handler(&mut self, task: u64, call: &Call) -> Evaluated<()> {
        self.tasks.insert(task, self.called(call));
        Ok(())
    }

    fn handle(&mut self, call: &Call) -> Evaluated {
        Program::now(self.called(call))
    }

    fn task(&mut self, task: u64) -> Evaluated<Option<Value>> {
        // Out of the map while it runs: it may end others.
        let Some(mut future) = self.tasks.remove(&task) else { return bug("a task without a body") };
        let output = polled(&mut future)?;
        self.tasks.insert(task, future);
        Ok(output)
    }

    fn forget(&mut self, task: u64) {
        self.tasks.remove(&task);
    }

    fn named(&mut self) -> Evaluated<BTreeSet<u64>> {
        Ok(self.program.world.borrow_mut().with_handles())
    }
}

impl<'p> Running<'p> {
    fn called(&self, call: &Call) -> Eval<'p> {
        let arguments = vec![Value::Int(call.argument)];
        self.program.method(&call.handler.name, arguments, Some(self.workflow.clone()))
    }
}

/// An expression without what does not matter to what it is.
fn peeled(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => peeled(&inner.expr),
        Expr::Group(inner) => peeled(&inner.expr),
        Expr::Call(call) if is_box_pin(call) => peeled(&call.args[0]),
        expr => expr,
    }
}

fn is_box_pin(call: &syn::ExprCall) -> bool {
    matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "pin"))
        && call.args.len() == 1
}

impl Program {
    /// What is spawned: anything but a block or call is awaited by a block around it.
    pub(crate) async fn spawned(&self, env: &mut Env, expr: &Expr) -> Evaluated {
        let value = self.value(env, peeled(expr)).await?;
        let is_own = match peeled(expr) {
            Expr::Async(_) => true,
            Expr::Call(_) | Expr::MethodCall(_) => matches!(&value, Value::Block(_)),
            _ => false,
        };
        Ok(if is_own || matches!(value, Value::Machine(..)) { value } else { Value::Block(Box::new(value)) })
    }

    /// What is awaited where it stands: a block or call that is no value, and anything else.
    pub(crate) fn awaitable<'a>(&'a self, env: &'a mut Env, expr: &'a Expr) -> Eval<'a> {
        Box::pin(async move {
            match peeled(expr) {
                Expr::Async(block) => Ok(Self::block_in_place(env, block)),
                expr @ (Expr::Call(_) | Expr::MethodCall(_)) => match self.value(env, expr).await? {
                    Value::Block(inner) if matches!(*inner, Value::Call(..)) => Ok(*inner),
                    value => Ok(value),
                },
                expr => self.value(env, expr).await,
            }
        })
    }

    pub(crate) async fn awaitables<'e>(
        &self,
        env: &mut Env,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Evaluated<Vec<Value>> {
        let mut values = Vec::new();
        for expr in exprs {
            values.push(self.awaitable(env, expr).await?);
        }
        Ok(values)
    }

    /// A block that sees what is around it, or has copies of its own.
    fn block_in_place(env: &Env, block: &ExprAsync) -> Value {
        let env = if block.capture.is_some() { captured(env, block) } else { env.clone() };
        Value::Task(Rc::new((block.block.clone(), env)))
    }

    /// A block as a value, with what it captures.
    pub(crate) fn block_value(env: &Env, block: &ExprAsync) -> Value {
        Value::Block(Box::new(Value::Task(Rc::new((block.block.clone(), captured(env, block))))))
    }

    /// Waits for what a handle is of.
    pub(crate) async fn wait_for(&self, number: u64, is_block: bool) -> Evaluated {
        poll_fn(|_| match self.world.borrow_mut().poll_handle(number, is_block) {
            Ok(None) => Poll::Pending,
            Ok(Some(output)) => Poll::Ready(Ok(output)),
            Err(text) => Poll::Ready(bug(text)),
        })
        .await
    }

    /// `ctx.scope(inside)`
    pub(crate) async fn scope(&self, env: Env, inside: Value) -> Evaluated {
        let mut inside = self.perform(env, inside);
        poll_fn(|context| {
            let shields = self.world.borrow().shields;
            match inside.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(output.map(|output| Value::variant("Ok", [output]))),
                Poll::Pending if self.world.borrow_mut().gives_up(shields) => {
                    Poll::Ready(Ok(Value::variant("Err", [Value::variant("Cancelled", [])])))
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// A call of a function marked `#[workflow]`, which has its own tasks.
    pub(crate) async fn function(&self, name: &str, arguments: Vec<Value>) -> Evaluated {
        let (run, workflow) = (self.body_of_function(name, arguments), cell(Value::unit()));
        let mut running = Running { program: self, workflow, run, tasks: BTreeMap::new() };
        let mut tasks = None;
        poll_fn(move |_| match settle_function(&self.world, &mut running, &mut tasks) {
            Ok(None) => Poll::Pending,
            Ok(Some(output)) => Poll::Ready(Ok(output)),
            Err(flow) => Poll::Ready(Err(flow)),
        })
        .await
    }

    /// `shield(inside)`
    pub(crate) async fn shield(&self, env: Env, inside: Value) -> Evaluated {
        let mut inside = self.perform(env, inside);
        poll_fn(|context| {
            let outer = std::mem::replace(&mut self.world.borrow_mut().standing.shielded, true);
            let polled = inside.as_mut().poll(context);
            let mut world = self.world.borrow_mut();
            world.standing.shielded = outer;
            world.shields += u64::from(polled.is_pending());
            polled
        })
        .await
    }

    /// A method of the context that does something at once; `None` for an operation.
    pub(crate) fn of_context(&self, name: &str, values: &[Value]) -> Option<Value> {
        let mut world = self.world.borrow_mut();
        Some(match (name, values) {
            ("spawn", [what]) => world.spawn(what.clone()),
            ("trigger", []) => world.trigger(),
            ("is_cancelled", []) => Value::Bool(world.is_cancelled()),
            _ => return None,
        })
    }

    /// A method of a handle.
    pub(crate) fn of_handle(&self, number: u64, name: &str, argument: Option<Value>) -> Evaluated {
        match self.world.borrow_mut().ask(number, name, argument) {
            Some(()) => Ok(Value::unit()),
            None => bug(format!("a handle has no method {name}")),
        }
    }
}

/// What a block that moves has of its own: copies of what it names. A handle, and what has not begun, is moved.
fn captured(env: &Env, block: &ExprAsync) -> Env {
    let mut names = BTreeSet::new();
    words(block.block.to_token_stream(), &mut names);
    let mut own = Env::default();
    for (name, place) in env.since(0) {
        if &**name == "self" {
            own.bind(name, place.clone());
        } else if names.contains(&**name) {
            let value =
                if place.borrow().is_data() { place.borrow().clone() } else { place.replace(Value::Moved) };
            own.bind(name, cell(value));
        }
    }
    own
}

/// All identifiers, those in texts among them.
fn words(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                found.extend(
                    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_owned),
                );
            }
            TokenTree::Punct(_) => {}
        }
    }
}
