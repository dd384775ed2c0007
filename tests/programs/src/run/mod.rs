//! What a program does, found without rustc: its source is walked, with the meaning that plain async Rust gives it.
//!
//! Code without an await is evaluated by the same functions, so that the oracle over the control-flow graph, which
//! hands pieces of lowered code to them, differs from the direct way in control flow, storage and order alone.

mod call;
mod concurrent;
mod control;
mod expr;
pub mod list;
mod lowered;
mod macros;
mod method;
mod pattern;
mod tasks;

pub(crate) use self::macros::macro_arguments;

use std::cell::{self, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::library;
use crate::outside::{ANSWER, FROM_OUTSIDE, Handler, Schedule, ending};
use crate::settle::{Ended, settle};
use crate::value::{Cell, Place, Value, cell};
use crate::world::World;

/// The variables in scope, innermost last.
#[derive(Debug, Clone, Default)]
pub struct Env {
    vars: Vec<(Rc<str>, Cell)>,
}

impl Env {
    /// Binds a name to a cell.
    pub fn bind(&mut self, name: &str, cell: Cell) {
        self.vars.push((name.into(), cell));
    }

    /// The innermost variable of a name.
    pub fn lookup(&self, name: &str) -> Option<&Cell> {
        self.vars.iter().rev().find(|(bound, _)| &**bound == name).map(|(_, cell)| cell)
    }

    /// How many variables there are.
    pub fn len(&self) -> usize {
        self.vars.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.vars.is_empty()
    }

    /// The variables bound since there were `mark`.
    pub fn since(&self, mark: usize) -> &[(Rc<str>, Cell)] {
        &self.vars[mark..]
    }

    /// Ends the scope of all but the first `mark` variables.
    pub fn truncate(&mut self, mark: usize) {
        self.vars.truncate(mark);
    }
}

/// Why an evaluation does not give a value.
#[derive(Debug, Clone)]
pub enum Flow {
    /// `break 'label value`
    Break(Option<String>, Value),
    /// `continue 'label`
    Continue(Option<String>),
    /// `return value`, or a `?`.
    Return(Value),
    /// The placeholder of an exit in lowered code, with its value.
    Exit(usize, Option<Value>),
    /// The program runs longer than is worth waiting for.
    TooLong,
    /// The program is not one that Rust would take, or we do not know what it means.
    Bug(String),
}

/// What an evaluation gives.
pub type Evaluated<T = Value> = Result<T, Flow>;
pub(crate) type Eval<'a, T = Value> = Pin<Box<dyn Future<Output = Evaluated<T>> + 'a>>;

pub(crate) fn bug<T>(text: impl Into<String>) -> Evaluated<T> {
    Err(Flow::Bug(text.into()))
}

/// A program and what is around it.
#[derive(Debug)]
pub struct Program {
    /// The name of the workflow's type.
    pub name: String,
    /// The methods of the impl, async or not.
    pub methods: BTreeMap<String, syn::ImplItemFn>,
    /// The constants of the impl.
    constants: BTreeMap<String, syn::Expr>,
    /// The functions marked `#[workflow]`.
    pub functions: BTreeMap<String, syn::ItemFn>,
    /// Its signals and updates.
    pub handlers: Vec<Handler>,
    /// What is around it.
    pub world: RefCell<World>,
    steps: cell::Cell<usize>,
}

/// All that can be told of a run from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Notes, operations begun, operations done, in order.
    pub trace: Vec<String>,
    /// What `run` returned.
    pub result: String,
    /// The workflow's value at the end.
    pub workflow: String,
}

impl Outcome {
    /// The same, within each step operations begun before notes before answers: a machine's step gives each in a list of
    /// its own.
    #[must_use]
    pub fn by_steps(&self) -> Self {
        let is_outside = |event: &String| event.ends_with(" is done") || event.starts_with(FROM_OUTSIDE);
        let place = |event: &String| match event {
            event if is_outside(event) => 3,
            event if event.starts_with(ANSWER) => 2,
            event if event.starts_with("note ") => 1,
            _ => 0,
        };
        let mut trace = self.trace.clone();
        trace.chunk_by_mut(|event, _| !is_outside(event)).for_each(|step| step.sort_by_key(place));
        Outcome { trace, ..self.clone() }
    }
}

/// The impl of a program.
///
/// # Panics
///
/// When there is none.
pub fn implementation(file: &syn::File) -> syn::ItemImpl {
    let found = file.items.iter().find_map(|item| match item {
        syn::Item::Impl(item) => Some(item.clone()),
        _ => None,
    });
    found.expect("a program has an impl")
}

/// How many expressions a program may evaluate.
const MOST_STEPS: usize = 20_000;

impl Program {
    /// A program from its source: an impl, and functions.
    pub fn new(file: &syn::File) -> Self {
        let functions = file.items.iter().filter_map(|item| match item {
            syn::Item::Fn(function) => {
                let function = syn::ItemFn { attrs: Vec::new(), ..function.clone() };
                Some((function.sig.ident.to_string(), function))
            }
            _ => None,
        });
        let item = implementation(file);
        let name = match &*item.self_ty {
            syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        let methods = item.items.iter().filter_map(|item| match item {
            syn::ImplItem::Fn(function) => Some((function.sig.ident.to_string(), function.clone())),
            _ => None,
        });
        let constants = item.items.iter().filter_map(|item| match item {
            syn::ImplItem::Const(constant) => Some((constant.ident.to_string(), constant.expr.clone())),
            _ => None,
        });
        Program {
            name: name.unwrap_or_default(),
            methods: methods.collect(),
            constants: constants.collect(),
            functions: functions.collect(),
            handlers: Handler::all(&item),
            world: RefCell::default(),
            steps: cell::Cell::new(0),
        }
    }

    /// Forgets what happened, for another run.
    pub fn forget(&self) {
        self.world.take();
        self.steps.set(0);
    }

    /// Runs the program to its end.
    pub fn run(&self, argument: i64, seed: u64) -> Evaluated<Outcome> {
        self.forget();
        let mut schedule = Schedule::new(seed);
        let workflow = cell(library::workflow(&self.name));
        let run = self.method("run", vec![Value::Int(argument)], Some(workflow.clone()));
        let mut running =
            tasks::Running { program: self, workflow: workflow.clone(), run, tasks: BTreeMap::new() };
        let ended = loop {
            if let Some(ended) = settle(&self.world, &mut running)? {
                break ended;
            }
            if !self.world.borrow_mut().turn(&mut schedule, &self.handlers) {
                return bug("it waits for nothing");
            }
        };
        drop(running);
        Ok(self.outcome(ended, &workflow))
    }

    /// What is told of a run that has ended.
    pub fn outcome(&self, ended: Ended, workflow: &Cell) -> Outcome {
        let output = match ended {
            Ended::With(output) => Some(output.debug()),
            Ended::GivenUp => None,
        };
        let mut world = self.world.borrow_mut();
        let trace = std::mem::take(&mut world.trace);
        let result = ending(output, world.cancelled);
        Outcome { trace, result, workflow: workflow.borrow().debug() }
    }

    /// What a method without awaits gives.
    pub fn called(&self, name: &str, arguments: Vec<Value>, workflow: Cell) -> Evaluated {
        Program::now(self.method(name, arguments, Some(workflow)))
    }

    /// Calls a method with arguments, the context not among them.
    pub(crate) fn method<'a>(
        &'a self,
        name: &str,
        arguments: Vec<Value>,
        workflow: Option<Cell>,
    ) -> Eval<'a> {
        let Some(method) = self.methods.get(name) else {
            let text = format!("there is no method {name}");
            return Box::pin(async move { bug(text) });
        };
        Box::pin(async move {
            let mut env = Env::default();
            if let Some(workflow) = workflow {
                env.bind("self", workflow);
            }
            self.bind_arguments(&mut env, &method.sig, arguments)?;
            match self.block(&mut env, &method.block).await {
                Err(Flow::Return(value)) => Ok(value),
                other => other,
            }
        })
    }

    /// The body of a function marked `#[workflow]`, with its arguments.
    fn body_of_function(&self, name: &str, arguments: Vec<Value>) -> Eval<'_> {
        let Some(function) = self.functions.get(name) else {
            let text = format!("there is no function {name}");
            return Box::pin(async move { bug(text) });
        };
        Box::pin(async move {
            let mut env = Env::default();
            self.bind_arguments(&mut env, &function.sig, arguments)?;
            match self.block(&mut env, &function.block).await {
                Err(Flow::Return(value)) => Ok(value),
                other => other,
            }
        })
    }

    /// Binds the parameters of a method, its receiver and context aside.
    pub fn bind_arguments(
        &self,
        env: &mut Env,
        signature: &syn::Signature,
        arguments: Vec<Value>,
    ) -> Evaluated<()> {
        let mut arguments = arguments.into_iter();
        for input in &signature.inputs {
            let syn::FnArg::Typed(typed) = input else { continue };
            if matches!(&*typed.pat, syn::Pat::Ident(pat) if pat.ident == "ctx") {
                continue;
            }
            let Some(mut argument) = arguments.next() else { return bug("an argument is missing") };
            // What is lent to a function is a copy of its own.
            if matches!(*typed.ty, syn::Type::Reference(_)) && !matches!(argument, Value::Borrow(_)) {
                argument = Value::Borrow(Place::whole(cell(argument)));
            }
            if !self.bind_pattern(env, &typed.pat, &Place::whole(cell(argument)))? {
                return bug("an argument does not match its pattern");
            }
        }
        Ok(())
    }

    /// Evaluates code without an await.
    pub fn now<T>(evaluated: impl Future<Output = Evaluated<T>>) -> Evaluated<T> {
        match std::pin::pin!(evaluated).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => bug("code without an await waits"),
        }
    }

    /// One step more of what a program may take.
    pub fn step(&self) -> Evaluated<()> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS { Err(Flow::TooLong) } else { Ok(()) }
    }
}
