//! The types of expressions.

use std::fmt;

/// A type, as far as it is known before anybody calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// Anything: what claims and arguments hold.
    Dyn,
    Bool,
    Int,
    Double,
    Text,
    Null,
    List(Box<Type>),
    Map,
}

impl Type {
    pub(super) fn list(of: Self) -> Self {
        Self::List(Box::new(of))
    }

    /// Whether a value of one type can be one of the other: numbers compare across their types.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dyn, _) | (_, Self::Dyn) => true,
            (Self::List(a), Self::List(b)) => a.meets(b),
            (a, b) if a.is_number() && b.is_number() => true,
            (a, b) => a == b,
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// Whether values of the type have an order.
    pub(super) fn is_ordered(&self) -> bool {
        matches!(self, Self::Dyn | Self::Int | Self::Double | Self::Text)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dyn => "dyn",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::Text => "string",
            Self::Null => "null",
            Self::Map => "map",
            Self::List(of) => return write!(f, "list({of})"),
        };
        f.write_str(name)
    }
}
