//! Checking what was parsed, and lowering it to what is evaluated.

use std::ops::Range;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo, operators,
};
use cel::parser::Parser;
use regex::RegexBuilder;

use super::node::{Comparison, Node, Quantifier, TextTest, Variable};
use super::source::{MAX_DEPTH, did_you_mean, error, too_deep, unparsed};
use super::types::Type;
use super::{ExpressionError, MAX_TEXT};

/// How many parts an expression may have.
const MAX_NODES: usize = 200;

/// How many macros over lists may stand in one another.
const MAX_LOOPS: usize = 2;

/// How deep the parser may go: it takes several levels for one of ours.
const MAX_PARSED_DEPTH: u16 = 96;

/// The most memory that one compiled regular expression may take, in bytes.
const MAX_REGEX_BYTES: usize = 64 * 1024;

const VARIABLES: [(&str, Variable); 6] = [
    ("user", Variable::User),
    ("groups", Variable::Groups),
    ("agent", Variable::Agent),
    ("scopes", Variable::Scopes),
    ("claims", Variable::Claims),
    ("arguments", Variable::Arguments),
];

const FUNCTIONS: [&str; 9] = [
    "size",
    "has",
    "startsWith",
    "endsWith",
    "contains",
    "matches",
    "all",
    "exists",
    "exists_one",
];

type Result<T> = std::result::Result<T, ExpressionError>;

/// The checked expression, and whether it reads arguments.
pub(super) fn check(text: &str, takes_arguments: bool) -> Result<(Node, bool)> {
    if text.len() > MAX_TEXT {
        let message = format!("the expression is longer than {MAX_TEXT} bytes");
        return Err(error(message, 0..text.len()));
    }
    if let Some(at) = too_deep(text) {
        let message = format!("the expression nests deeper than {MAX_DEPTH}");
        return Err(error(message, at));
    }
    let parser = Parser::new()
        .max_recursion_depth(MAX_PARSED_DEPTH)
        .error_recovery_limit(4);
    let (parsed, info) = parser
        .parse_with_source_info(text)
        .map_err(|errors| unparsed(text, &errors))?;
    let mut check = Check {
        text,
        info,
        takes_arguments,
        locals: Vec::new(),
        nodes: 0,
        depth: 0,
        reads_arguments: false,
    };
    let (node, of) = check.lower(&parsed)?;
    if !Type::Bool.meets(&of) {
        let message = format!("a condition is a bool, and this is {of}");
        return Err(check.error(&parsed, message));
    }
    Ok((node, check.reads_arguments))
}

/// One check of one expression.
struct Check<'t> {
    text: &'t str,
    info: SourceInfo,
    takes_arguments: bool,
    locals: Vec<(String, Type)>,
    nodes: usize,
    depth: usize,
    reads_arguments: bool,
}

impl Check<'_> {
    /// Where an expression stands: from its first part to its last.
    fn range(&self, of: &IdedExpr) -> Range<usize> {
        let (mut start, mut end) = (self.text.len(), 0);
        let mut left = vec![of];
        while let Some(part) = left.pop() {
            if let Some((from, to)) = self.info.offset_for(part.id) {
                start = start.min(from as usize);
                end = end.max(to as usize + 1);
            }
            if let Expr::Call(call) = &part.expr {
                left.extend(call.target.as_deref());
                left.extend(&call.args);
            } else if let Expr::Select(select) = &part.expr {
                left.push(&select.operand);
            } else if let Expr::List(list) = &part.expr {
                left.extend(&list.elements);
            } else if let Expr::Comprehension(each) = &part.expr {
                left.extend([&each.iter_range, &each.loop_step]);
            }
        }
        let is_boundary = |at: &usize| self.text.is_char_boundary(*at);
        let end = (end..=self.text.len()).find(is_boundary);
        let start = (0..=start).rev().find(is_boundary).unwrap_or(0);
        let end = end.unwrap_or(self.text.len());
        start.min(end)..end
    }

    fn error(&self, at: &IdedExpr, message: impl Into<String>) -> ExpressionError {
        error(message, self.range(at))
    }

    fn helped(&self, at: &IdedExpr, message: String, help: Option<String>) -> ExpressionError {
        ExpressionError {
            help,
            ..self.error(at, message)
        }
    }

    fn lower(&mut self, of: &IdedExpr) -> Result<(Node, Type)> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("the expression has more than {MAX_NODES} parts");
            return Err(self.error(of, message));
        }
        if self.depth >= MAX_DEPTH {
            let message = format!("the expression nests deeper than {MAX_DEPTH}");
            return Err(self.error(of, message));
        }
        self.depth += 1;
        let lowered = match &of.expr {
            Expr::Literal(literal) => self.literal(of, literal),
            Expr::Ident(name) => self.name(of, name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(of, call),
            Expr::Comprehension(each) => self.each(of, each),
            Expr::List(list) => self.list(&list.elements),
            Expr::Map(_) => Err(self.error(of, "maps can't be written in a condition")),
            Expr::Struct(_) | Expr::Unspecified => {
                Err(self.error(of, "this can't be written in a condition"))
            }
        };
        self.depth -= 1;
        lowered
    }

    fn literal(&self, of: &IdedExpr, literal: &LiteralValue) -> Result<(Node, Type)> {
        Ok(match literal {
            LiteralValue::Boolean(truth) => (Node::Bool(**truth), Type::Bool),
            LiteralValue::Int(int) => (Node::Int(**int), Type::Int),
            LiteralValue::Double(double) => (Node::Double(**double), Type::Double),
            LiteralValue::String(text) => (Node::Text(text.inner().into()), Type::Text),
            LiteralValue::Null => (Node::Null, Type::Null),
            LiteralValue::UInt(_) => {
                let help = Some("leave out the `u`".to_owned());
                return Err(self.helped(of, "there are no unsigned integers".into(), help));
            }
            LiteralValue::Bytes(_) => return Err(self.error(of, "there are no bytes")),
        })
    }

    fn name(&mut self, of: &IdedExpr, name: &str) -> Result<(Node, Type)> {
        let local = self.locals.iter().rposition(|(local, _)| local == name);
        if let Some((at, (_, local))) = local.and_then(|at| Some((at, self.locals.get(at)?))) {
            return Ok((Node::Local(at), local.clone()));
        }
        let Some((_, variable)) = VARIABLES.iter().find(|(known, _)| *known == name) else {
            let known = VARIABLES.iter().map(|(known, _)| *known);
            let locals = self.locals.iter().map(|(local, _)| local.as_str());
            let help = did_you_mean(name, known.chain(locals));
            return Err(self.helped(of, format!("there is no variable `{name}`"), help));
        };
        let of_variable = match variable {
            Variable::User | Variable::Agent => Type::Text,
            Variable::Groups | Variable::Scopes => Type::list(Type::Text),
            Variable::Claims => Type::Map,
            Variable::Arguments if self.takes_arguments => {
                self.reads_arguments = true;
                Type::Map
            }
            Variable::Arguments => {
                let message = "there are no `arguments` here: only tools and prompts have some";
                return Err(self.error(of, message));
            }
        };
        Ok((Node::Variable(*variable), of_variable))
    }

    fn list(&mut self, elements: &[IdedExpr]) -> Result<(Node, Type)> {
        let mut nodes = Vec::new();
        let mut common = None;
        for element in elements {
            let (node, of) = self.lower(element)?;
            nodes.push(node);
            common = Some(match common {
                Some(common) if common != of => Type::Dyn,
                Some(_) | None => of,
            });
        }
        let of = Type::list(common.unwrap_or(Type::Dyn));
        Ok((Node::List(nodes), of))
    }

    fn select(&mut self, select: &SelectExpr) -> Result<(Node, Type)> {
        let (node, of) = self.lower(&select.operand)?;
        if !Type::Map.meets(&of) {
            let message = format!("{of} has no field `{}`", select.field);
            return Err(self.error(&select.operand, message));
        }
        let (node, field) = (Box::new(node), select.field.as_str().into());
        Ok(if select.test {
            (Node::Has(node, field), Type::Bool)
        } else {
            (Node::Select(node, field), Type::Dyn)
        })
    }

    /// Lowers what has to be of a type.
    fn expect(&mut self, of: &IdedExpr, expected: &Type, what: &str) -> Result<Node> {
        let (node, found) = self.lower(of)?;
        if found.meets(expected) {
            return Ok(node);
        }
        let message = format!("{what} takes {expected}, and this is {found}");
        Err(self.error(of, message))
    }

    fn call(&mut self, of: &IdedExpr, call: &CallExpr) -> Result<(Node, Type)> {
        let name = call.func_name.as_str();
        let node = match (name, call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_AND, None, args) => Node::And(self.bools(args, "`&&`")?),
            (operators::LOGICAL_OR, None, args) => Node::Or(self.bools(args, "`||`")?),
            (operators::LOGICAL_NOT, None, [arg]) => {
                Node::Not(Box::new(self.expect(arg, &Type::Bool, "`!`")?))
            }
            (operators::CONDITIONAL, None, [truth, a, b]) => return self.choice(truth, a, b),
            (operators::INDEX, None, [list, at]) => return self.index(list, at),
            (operators::IN, None, [element, list]) => self.is_in(of, element, list)?,
            (operators::NEGATE, None, [arg]) => return self.negate(of, arg),
            ("size", Some(arg), []) | ("size", None, [arg]) => {
                let (node, found) = self.lower(arg)?;
                if !matches!(found, Type::Dyn | Type::Text | Type::Map | Type::List(_)) {
                    return Err(self.error(arg, format!("{found} has no size")));
                }
                return Ok((Node::Size(Box::new(node)), Type::Int));
            }
            ("startsWith", Some(text), [part]) => {
                self.text_test(TextTest::StartsWith, text, part, name)?
            }
            ("endsWith", Some(text), [part]) => {
                self.text_test(TextTest::EndsWith, text, part, name)?
            }
            ("contains", Some(text), [part]) => {
                self.text_test(TextTest::Contains, text, part, name)?
            }
            ("matches", Some(text), [pattern]) | ("matches", None, [text, pattern]) => {
                self.matches(text, pattern)?
            }
            (_, None, [a, b]) if comparison(name).is_some() => self.compare(of, name, a, b)?,
            _ => return Err(self.no_call(of, name)),
        };
        Ok((node, Type::Bool))
    }

    fn no_call(&self, of: &IdedExpr, name: &str) -> ExpressionError {
        if FUNCTIONS.contains(&name) {
            return self.error(of, format!("`{name}` is not called like this"));
        }
        let operator = name.trim_matches('_');
        if operator.chars().all(|c| !c.is_alphanumeric()) {
            return self.error(of, format!("there is no `{operator}` in a condition"));
        }
        let help = did_you_mean(name, FUNCTIONS);
        self.helped(of, format!("there is no function `{name}`"), help)
    }

    fn bools(&mut self, args: &[IdedExpr], what: &str) -> Result<Vec<Node>> {
        let args = args.iter();
        args.map(|arg| self.expect(arg, &Type::Bool, what))
            .collect()
    }

    fn choice(&mut self, truth: &IdedExpr, a: &IdedExpr, b: &IdedExpr) -> Result<(Node, Type)> {
        let truth = self.expect(truth, &Type::Bool, "`?`")?;
        let ((a, of_a), (b, of_b)) = (self.lower(a)?, self.lower(b)?);
        let of = if of_a == of_b { of_a } else { Type::Dyn };
        Ok((Node::If(Box::new((truth, a, b))), of))
    }

    fn index(&mut self, list: &IdedExpr, at: &IdedExpr) -> Result<(Node, Type)> {
        let (node, of) = self.lower(list)?;
        let (key, of_element) = match of {
            Type::List(element) => (Type::Int, *element),
            Type::Map => (Type::Text, Type::Dyn),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            Type::Bool | Type::Int | Type::Double | Type::Text | Type::Null => {
                return Err(self.error(list, format!("{of} has no elements")));
            }
        };
        let at = self.expect(at, &key, "the index")?;
        Ok((Node::Index(Box::new((node, at))), of_element))
    }

    fn negate(&mut self, of: &IdedExpr, arg: &IdedExpr) -> Result<(Node, Type)> {
        match self.lower(arg)? {
            (Node::Int(int), found) => match int.checked_neg() {
                Some(int) => Ok((Node::Int(int), found)),
                None => Err(self.error(of, "the number is out of range")),
            },
            (Node::Double(double), found) => Ok((Node::Double(-double), found)),
            _ => Err(self.error(of, "there is no `-` in a condition but before a number")),
        }
    }

    fn is_in(&mut self, of: &IdedExpr, element: &IdedExpr, list: &IdedExpr) -> Result<Node> {
        let (node, of_element) = self.lower(element)?;
        let (list_node, of_list) = self.lower(list)?;
        let expected = match &of_list {
            Type::List(element) => element,
            Type::Map => &Type::Text,
            Type::Dyn => &Type::Dyn,
            Type::Bool | Type::Int | Type::Double | Type::Text | Type::Null => {
                let help = (of_list == Type::Text).then(|| "`contains` finds text in text".into());
                let message = format!("`in` takes a list or a map, and this is {of_list}");
                return Err(self.helped(list, message, help));
            }
        };
        if !of_element.meets(expected) {
            let message = format!("no {of_element} is in a {of_list}");
            return Err(self.error(of, message));
        }
        Ok(Node::In(Box::new((node, list_node))))
    }

    fn text_test(
        &mut self,
        test: TextTest,
        text: &IdedExpr,
        part: &IdedExpr,
        name: &str,
    ) -> Result<Node> {
        let what = format!("`{name}`");
        let text = self.expect(text, &Type::Text, &what)?;
        let part = self.expect(part, &Type::Text, &what)?;
        Ok(Node::TextTest(test, Box::new((text, part))))
    }

    fn matches(&mut self, text: &IdedExpr, pattern: &IdedExpr) -> Result<Node> {
        let text = self.expect(text, &Type::Text, "`matches`")?;
        let (Node::Text(literal), _) = self.lower(pattern)? else {
            return Err(self.error(pattern, "`matches` takes a pattern that is written out"));
        };
        let regex = RegexBuilder::new(&literal)
            .size_limit(MAX_REGEX_BYTES)
            .build();
        let regex = regex.map_err(|error| {
            let message = if matches!(error, regex::Error::CompiledTooBig(_)) {
                format!("the regular expression compiles to more than {MAX_REGEX_BYTES} bytes")
            } else {
                "the regular expression does not parse".to_owned()
            };
            self.error(pattern, message)
        })?;
        Ok(Node::Matches(Box::new(text), regex))
    }

    fn compare(&mut self, of: &IdedExpr, name: &str, a: &IdedExpr, b: &IdedExpr) -> Result<Node> {
        let ((node_a, of_a), (node_b, of_b)) = (self.lower(a)?, self.lower(b)?);
        let Some(comparison) = comparison(name) else {
            return Err(self.no_call(of, name));
        };
        let has_order = of_a.is_ordered() && of_b.is_ordered();
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if of_a.meets(&of_b) && (is_equality || has_order) {
            return Ok(Node::Compare(comparison, Box::new((node_a, node_b))));
        }
        let pair = [(a, &of_a, b, &of_b), (b, &of_b, a, &of_a)];
        let is_list_of = |(_, list, _, element): &(_, &Type, _, &Type)| matches!(list, Type::List(of) if of.meets(element));
        let help = pair
            .into_iter()
            .find(is_list_of)
            .and_then(|(list, _, element, _)| {
                let (element, list) = (
                    self.text.get(self.range(element))?,
                    self.text.get(self.range(list))?,
                );
                is_equality.then(|| format!("`{element} in {list}` finds one in a list"))
            });
        let operator = name.trim_matches('_');
        let message = format!("`{operator}` does not compare {of_a} with {of_b}");
        Err(self.helped(of, message, help))
    }

    fn each(&mut self, of: &IdedExpr, each: &ComprehensionExpr) -> Result<(Node, Type)> {
        let Some((quantifier, body)) = quantifier(each) else {
            return Err(self.error(of, "a condition has no `map` and no `filter`"));
        };
        if self.locals.len() >= MAX_LOOPS {
            let message = format!("more than {MAX_LOOPS} macros stand in one another");
            return Err(self.error(of, message));
        }
        let is_taken = VARIABLES.iter().any(|(name, _)| *name == each.iter_var)
            || self.locals.iter().any(|(name, _)| *name == each.iter_var);
        if is_taken {
            let message = format!("`{}` is another variable's name", each.iter_var);
            return Err(self.error(of, message));
        }
        let (list, of_list) = self.lower(&each.iter_range)?;
        let element = match of_list {
            Type::List(element) => *element,
            Type::Map => Type::Text,
            Type::Dyn => Type::Dyn,
            Type::Bool | Type::Int | Type::Double | Type::Text | Type::Null => {
                return Err(self.error(&each.iter_range, format!("{of_list} has no elements")));
            }
        };
        self.locals.push((each.iter_var.clone(), element));
        let body = self.expect(body, &Type::Bool, "the macro");
        self.locals.pop();
        Ok((Node::Each(quantifier, Box::new((list, body?))), Type::Bool))
    }
}

/// Which macro this was, and the condition about each element.
fn quantifier(each: &ComprehensionExpr) -> Option<(Quantifier, &IdedExpr)> {
    let Expr::Call(step) = &each.loop_step.expr else {
        return None;
    };
    let Expr::Literal(start) = &each.accu_init.expr else {
        return None;
    };
    match (start, step.func_name.as_str(), step.args.as_slice()) {
        (LiteralValue::Boolean(_), operators::LOGICAL_AND, [_, body]) => {
            Some((Quantifier::All, body))
        }
        (LiteralValue::Boolean(_), operators::LOGICAL_OR, [_, body]) => {
            Some((Quantifier::Exists, body))
        }
        (LiteralValue::Int(_), operators::CONDITIONAL, [body, _, _]) => {
            Some((Quantifier::ExistsOne, body))
        }
        _ => None,
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}
