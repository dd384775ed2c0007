//! Variables that are declared without a value, and where they may have one.
use std::collections::BTreeMap;

use syn::Expr;
use syn::visit::{self, Visit};

use super::codes;
use crate::cfg::{BlockId, Code, CodeTokens, ExitId, ExitTo, Graph, Instr};
use crate::lower::placeholder;
use crate::names::{VarId, Vars};

/// The variables declared without a value, and which of them may have one where each block begins.
pub(super) fn late_variables(graph: &Graph, reachable: &[bool]) -> (Vars, Vec<Vars>) {
    let instrs = graph.blocks.iter().flat_map(|block| &block.instrs);
    let late: Vars = instrs
        .filter_map(|instr| match instr {
            Instr::Declare(var) => Some(*var),
            _ => None,
        })
        .collect();
    let mut filled = vec![Vars::new(); graph.blocks.len()];
    while !late.is_empty() {
        let mut changed = false;
        for id in graph.block_ids().filter(|id| reachable[id.0]) {
            for (next, with) in flows(graph, id, &late, filled[id.0].clone()) {
                let before = filled[next.0].len();
                filled[next.0].extend(&with);
                changed |= filled[next.0].len() != before;
            }
        }
        if !changed {
            break;
        }
    }
    (late, filled)
}

/// Where a block leads, with what is filled there.
fn flows(graph: &Graph, id: BlockId, late: &Vars, filled: Vars) -> Vec<(BlockId, Vars)> {
    let block = graph.block(id);
    let mut walk = Walk { graph, names: BTreeMap::new(), filled, over: false, flows: Vec::new() };
    for instr in &block.instrs {
        match instr {
            // A loop declares it anew.
            Instr::Declare(var) => {
                walk.filled.remove(var);
            }
            Instr::Assign(var, code) => {
                walk.code(code, late);
                walk.filled.insert(*var);
            }
            instr => {
                if let Some(code) = instr.code() {
                    walk.code(code, late);
                }
            }
        }
    }
    let ends = codes(block).skip(block.instrs.iter().filter_map(Instr::code).count());
    for code in ends {
        walk.code(code, late);
    }
    let Walk { filled, mut flows, .. } = walk;
    let inner = super::successors(graph, id).into_iter().filter(|next| !is_exit(graph, id, *next));
    flows.extend(inner.map(|next| (next, filled.clone())));
    flows
}

/// Whether a block leads to another by a way out of its code and by no other way.
fn is_exit(graph: &Graph, from: BlockId, to: BlockId) -> bool {
    let block = graph.block(from);
    !block.term.targets().contains(&to)
        && codes(block)
            .flat_map(|code| &code.exits)
            .any(|exit| matches!(graph.exits[exit.0].to, ExitTo::Block(target, _) if target == to))
}

/// One of several ways on.
type Way<'w, W> = Box<dyn FnOnce(&mut W) + 'w>;

/// Goes through code as it is executed.
struct Walk<'g> {
    graph: &'g Graph,
    names: BTreeMap<String, VarId>,
    filled: Vars,
    /// Whether nothing is executed any more.
    over: bool,
    flows: Vec<(BlockId, Vars)>,
}

impl Walk<'_> {
    fn code(&mut self, code: &Code, late: &Vars) {
        let named = code.uses.union(&code.kills).filter(|var| late.contains(var));
        self.names = named.map(|var| (self.graph.var(*var).ident.to_string(), *var)).collect();
        match &code.tokens {
            CodeTokens::Stmt(stmt) => self.visit_stmt(stmt),
            CodeTokens::Expr(expr) => self.visit_expr(expr),
        }
        self.over = false;
    }

    fn assigned(&mut self, place: &Expr) {
        match place {
            Expr::Path(path) => {
                let var = path.path.get_ident().and_then(|name| self.names.get(&name.to_string()));
                self.filled.extend(var);
            }
            Expr::Paren(inner) => self.assigned(&inner.expr),
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.assigned(elem)),
            Expr::Array(array) => array.elems.iter().for_each(|elem| self.assigned(elem)),
            Expr::Call(call) => call.args.iter().for_each(|arg| self.assigned(arg)),
            Expr::Struct(literal) => literal.fields.iter().for_each(|field| self.assigned(&field.expr)),
            _ => {}
        }
    }

    /// One of several ways: what is filled after them is what any that comes to its end has filled.
    fn ways(&mut self, ways: Vec<Way<'_, Self>>) {
        let (before, mut after, mut over) = (self.filled.clone(), Vars::new(), true);
        let was_over = self.over;
        for way in ways {
            self.filled.clone_from(&before);
            self.over = was_over;
            way(self);
            if !self.over {
                over = false;
                after.extend(&self.filled);
            }
        }
        self.filled = if over { before } else { after };
        self.over = was_over || over;
    }

    /// A loop of the code's own: any of it may have been executed.
    fn turns(&mut self, inner: impl FnOnce(&mut Self)) {
        let was_over = self.over;
        inner(self);
        self.over = was_over;
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        if !self.over {
            visit::visit_expr(self, expr);
        }
    }

    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.visit_expr(&assign.right);
        if !self.over {
            self.assigned(&assign.left);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        visit::visit_expr_call(self, call);
        if let Expr::Path(path) = &*call.func
            && let Some(ExitId(exit)) = path.path.get_ident().and_then(placeholder)
        {
            if let ExitTo::Block(target, result) = self.graph.exits[exit].to {
                let mut filled = self.filled.clone();
                filled.extend(result);
                self.flows.push((target, filled));
            }
            self.over = true;
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let all = self.filled.clone();
        for exit in crate::lower::exits_in(&mac.tokens) {
            if let ExitTo::Block(target, result) = self.graph.exits[exit.0].to {
                self.flows.push((target, all.iter().copied().chain(result).collect()));
            }
        }
        self.over |= ["panic", "unreachable", "todo", "unimplemented"].contains(&name.as_str());
    }

    fn visit_expr_if(&mut self, expr: &'ast syn::ExprIf) {
        self.visit_expr(&expr.cond);
        self.ways(vec![
            Box::new(|this| this.visit_block(&expr.then_branch)),
            Box::new(|this| {
                if let Some((_, otherwise)) = &expr.else_branch {
                    this.visit_expr(otherwise);
                }
            }),
        ]);
    }

    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        self.visit_expr(&expr.expr);
        let ways = expr
            .arms
            .iter()
            .map(|arm| -> Way<'_, Self> { Box::new(move |this: &mut Self| this.visit_arm(arm)) });
        self.ways(ways.collect());
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        let Some(init) = &local.init else { return };
        self.visit_expr(&init.expr);
        if let Some((_, otherwise)) = &init.diverge {
            self.ways(vec![Box::new(|this| this.visit_expr(otherwise)), Box::new(|_| {})]);
        }
    }

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        self.visit_expr(&expr.left);
        if matches!(expr.op, syn::BinOp::And(_) | syn::BinOp::Or(_)) {
            self.ways(vec![Box::new(|this| this.visit_expr(&expr.right)), Box::new(|_| {})]);
        } else {
            self.visit_expr(&expr.right);
        }
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.turns(|this| visit::visit_expr_loop(this, expr));
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.turns(|this| visit::visit_expr_while(this, expr));
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.turns(|this| this.visit_block(&expr.body));
    }

    fn visit_expr_block(&mut self, expr: &'ast syn::ExprBlock) {
        if expr.label.is_some() {
            self.turns(|this| this.visit_block(&expr.block));
        } else {
            self.visit_block(&expr.block);
        }
    }

    // What has been filled stays so on a way out of a loop of the code's own, which `turns` has noted.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
