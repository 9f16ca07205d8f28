//! Which of the detector's entities a label of the data stands for.

use sluice::detect::Entity;

/// Labels that are written in another way than the entity's own name.
const ALIASES: &[(&str, &str)] = &[
    ("credit_card_number", "credit_card"),
    ("email_address", "email"),
    ("iban_code", "iban"),
    ("ip", "ip_address"),
    ("ipv4", "ip_address"),
    ("ipv6", "ip_address"),
    ("phone_number", "phone"),
    ("ssn", "us_ssn"),
    ("us_phone_number", "phone"),
];

/// The entities that say "there is a secret here".
const SECRETS: &[&str] = &["secret", "private_key", "jwt", "database_url"];

/// The entities that are looked for.
#[derive(Debug)]
pub(crate) struct LookedFor(pub(crate) Vec<Entity>);

impl LookedFor {
    /// The entity that a label of the data stands for, if it is looked for.
    pub(crate) fn of_label(&self, label: &str) -> Option<Entity> {
        let lower = label.to_ascii_lowercase();
        let alias = ALIASES.iter().find(|(alias, _)| *alias == lower);
        Entity::parse(alias.map_or(lower.as_str(), |(_, name)| name))
            .filter(|entity| self.0.contains(entity))
    }

    /// Their names, as a manifest writes them.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|entity| entity.as_str()).collect()
    }
}

/// Whether a finding of this entity says that there is a secret.
pub(crate) fn is_secret(entity: &str) -> bool {
    SECRETS.contains(&entity)
}
