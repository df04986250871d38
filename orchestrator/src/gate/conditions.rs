//! Conditions: compiled, and what they speak of.

use std::collections::{BTreeMap, BTreeSet};

use cel::{
    Program,
    common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators as op},
};
use serde_json::Value;

use super::facts::VARIABLES;

/// Characters of a condition.
const MAX_CONDITION: usize = 2_000;
/// Lists that are walked within one another: each makes a condition as many times slower as the list is long.
const MAX_NESTED: usize = 2;

pub(super) struct Condition {
    pub program: Program,
    pub reads: Reads,
}

/// What a condition names and compares with.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub variables: BTreeSet<String>,
    /// Texts that stand beside a variable.
    pub texts: BTreeMap<String, BTreeSet<String>>,
    /// Numbers that stand beside a variable.
    pub numbers: BTreeMap<String, Vec<f64>>,
    /// Arguments, with the values that stand beside them.
    pub args: BTreeMap<String, Vec<Value>>,
    nested: usize,
}

impl Condition {
    /// The error says what is wrong with it.
    pub fn compile(text: &str) -> Result<Self, Vec<String>> {
        let length = text.chars().count();
        if length > MAX_CONDITION {
            return Err(vec![format!("it has {length} characters and may have {MAX_CONDITION}")]);
        }
        let program = Program::compile(text).map_err(|error| vec![error.to_string()])?;
        let mut reads = Reads::default();
        reads.look(program.expression(), &mut Vec::new(), 0);
        let mut wrong = Vec::new();
        for name in &reads.variables {
            if !VARIABLES.contains(&name.as_str()) {
                wrong.push(format!("there is no variable `{name}`; there are: {}", VARIABLES.join(", ")));
            }
        }
        if reads.nested > MAX_NESTED {
            wrong.push(format!("it walks through lists within lists more than {MAX_NESTED} deep"));
        }
        if wrong.is_empty() { Ok(Self { program, reads }) } else { Err(wrong) }
    }
}

/// What stands on one side of a comparison.
enum Side {
    Variable(String),
    Argument(String),
    Values(Vec<Value>),
    Other,
}

fn literal(value: &LiteralValue) -> Option<Value> {
    match value {
        LiteralValue::Boolean(value) => Some((*value.inner()).into()),
        LiteralValue::Double(value) => Some((*value.inner()).into()),
        LiteralValue::Int(value) => Some((*value.inner()).into()),
        LiteralValue::UInt(value) => Some((*value.inner()).into()),
        LiteralValue::String(value) => Some(value.inner().into()),
        LiteralValue::Bytes(_) | LiteralValue::Null => None,
    }
}

/// The argument that `args.name…` or `args["name"]…` is of.
fn argument(expr: &IdedExpr) -> Option<String> {
    let is_args = |expr: &IdedExpr| matches!(&expr.expr, Expr::Ident(name) if name == "args");
    match &expr.expr {
        Expr::Select(select) if is_args(&select.operand) => Some(select.field.clone()),
        Expr::Select(select) => argument(&select.operand),
        Expr::Call(call) if call.func_name == op::INDEX => match call.args.as_slice() {
            [list, key] if is_args(list) => match &key.expr {
                Expr::Literal(LiteralValue::String(name)) => Some(name.inner().to_owned()),
                _ => None,
            },
            [list, _] => argument(list),
            _ => None,
        },
        _ => None,
    }
}

fn side(expr: &IdedExpr) -> Side {
    match &expr.expr {
        Expr::Ident(name) => Side::Variable(name.clone()),
        Expr::Literal(value) => Side::Values(literal(value).into_iter().collect()),
        Expr::List(list) => Side::Values(
            list.elements
                .iter()
                .filter_map(|one| match &one.expr {
                    Expr::Literal(value) => literal(value),
                    _ => None,
                })
                .collect(),
        ),
        Expr::Call(call) if call.func_name == op::NEGATE => match call.args.first().map(side) {
            Some(Side::Values(values)) => {
                let negated = values.iter().filter_map(Value::as_f64).map(|n| Value::from(-n));
                Side::Values(negated.collect())
            }
            _ => Side::Other,
        },
        _ => argument(expr).map_or(Side::Other, Side::Argument),
    }
}

impl Reads {
    fn look(&mut self, expr: &IdedExpr, bound: &mut Vec<String>, nested: usize) {
        match &expr.expr {
            Expr::Ident(name) => {
                if !name.starts_with('@') && !bound.contains(name) {
                    self.variables.insert(name.clone());
                }
            }
            Expr::Call(call) => {
                let sides: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
                if let [one, other] = sides.as_slice() {
                    self.beside(side(one), side(other));
                }
                for one in sides {
                    self.look(one, bound, nested);
                }
            }
            Expr::Select(select) => {
                if let Some(name) = argument(expr) {
                    self.args.entry(name).or_default();
                }
                self.look(&select.operand, bound, nested);
            }
            Expr::Comprehension(each) => {
                self.nested = self.nested.max(nested + 1);
                self.look(&each.iter_range, bound, nested);
                self.look(&each.accu_init, bound, nested);
                let before = bound.len();
                bound.extend([each.iter_var.clone(), each.accu_var.clone()]);
                bound.extend(each.iter_var2.clone());
                for inner in [&each.loop_cond, &each.loop_step, &each.result] {
                    self.look(inner, bound, nested + 1);
                }
                bound.truncate(before);
            }
            Expr::List(list) => {
                for one in &list.elements {
                    self.look(one, bound, nested);
                }
            }
            Expr::Map(map) => self.entries(map.entries.iter().map(|entry| &entry.expr), bound, nested),
            Expr::Struct(of) => self.entries(of.entries.iter().map(|entry| &entry.expr), bound, nested),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn entries<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e EntryExpr>,
        bound: &mut Vec<String>,
        nested: usize,
    ) {
        for entry in entries {
            match entry {
                EntryExpr::StructField(field) => self.look(&field.value, bound, nested),
                EntryExpr::MapEntry(entry) => {
                    self.look(&entry.key, bound, nested);
                    self.look(&entry.value, bound, nested);
                }
            }
        }
    }

    fn beside(&mut self, one: Side, other: Side) {
        let (named, values) = match (one, other) {
            (Side::Values(values), named) | (named, Side::Values(values)) => (named, values),
            _ => return,
        };
        match named {
            Side::Variable(name) => {
                for value in values {
                    if let Some(text) = value.as_str() {
                        self.texts.entry(name.clone()).or_default().insert(text.to_owned());
                    } else if let Some(number) = value.as_f64() {
                        self.numbers.entry(name.clone()).or_default().push(number);
                    }
                }
            }
            Side::Argument(name) => self.args.entry(name).or_default().extend(values),
            Side::Values(_) | Side::Other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_condition_names_is_found_and_what_it_binds_is_not() {
        let text = "amount > 500 && tool in ['a', 'b'] && carries.exists(c, c == 'link') && args.to.startsWith('x') \
                    && confidence >= -0.5 && args['n'] == 3";
        let reads = Condition::compile(text).unwrap().reads;
        let names: Vec<&str> = reads.variables.iter().map(String::as_str).collect();
        assert_eq!(names, ["amount", "args", "carries", "confidence", "tool"]);
        assert_eq!(reads.numbers["amount"], [500.0]);
        assert_eq!(reads.numbers["confidence"], [-0.5]);
        assert_eq!(reads.texts["tool"].len(), 2);
        assert_eq!(reads.args["to"], [Value::from("x")]);
        assert_eq!(reads.args["n"], [Value::from(3)]);
    }

    #[test]
    fn an_unknown_variable_is_named_with_those_there_are() {
        let wrong = Condition::compile("amuont > 500 && tol == 'x'").err().unwrap();
        assert_eq!(wrong.len(), 2);
        assert!(wrong[0].contains("`amuont`") && wrong[0].contains("amount, args"), "{wrong:?}");
    }

    #[test]
    fn lists_within_lists_within_lists_are_too_slow() {
        let deep = "[1].all(a, [1].all(b, [1].all(c, a + b + c > 0)))";
        assert!(Condition::compile(deep).err().unwrap()[0].contains("lists"));
        assert!(Condition::compile("[1].all(a, [1].all(b, a + b > 0))").is_ok());
        assert!(Condition::compile(&"(".repeat(3_000)).is_err());
    }
}
