//! A document such as tools return, of any size: records with ids, times, numbers, names, prose,
//! links and code, and two or three entities in each kilobyte.

use serde_json::{Value, json};

/// Numbers that are the same in each run (a linear congruence, Knuth's constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.roll(from.len() as u64)).unwrap_or(0);
        from.get(index).copied().unwrap_or_default()
    }

    fn hex(&mut self, digits: usize) -> String {
        let digit = |_| char::from_digit(u32::try_from(self.roll(16)).unwrap_or(0), 16);
        (0..digits).filter_map(digit).collect()
    }

    fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|digits| self.hex(digits)).join("-")
    }

    fn time(&mut self) -> String {
        format!(
            "2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            self.roll(12) + 1,
            self.roll(28) + 1,
            self.roll(24),
            self.roll(60),
            self.roll(60),
            self.roll(1000)
        )
    }

    fn prose(&mut self, sentences: u64) -> String {
        let sentences: Vec<_> = (0..sentences).map(|_| self.pick(SENTENCES)).collect();
        sentences.join(" ")
    }
}

const GIVEN: &[&str] = &[
    "Maja", "Jorge", "Priya", "Tomasz", "Aiko", "Zoë", "Ahmed", "Ingrid",
];
const FAMILY: &[&str] = &[
    "Lind", "Ortiz", "Raman", "Nowak", "Tanaka", "Müller", "Haddad", "Berg",
];
const SENTENCES: &[&str] = &[
    "The customer reports that the export stops after the first page, and that trying again does not help.",
    "We rolled the change back at noon and the error rate returned to what it was before.",
    "Please have a look at the second attachment; the totals do not agree with the ledger.",
    "After the upgrade to version 4.12.3 the job takes 38 minutes instead of 11.",
    "It only happens for accounts that were created before the migration in 2023.",
    "\"Nothing was changed on our side\", they say, but the log shows a new proxy.",
    "Der Kunde bittet um Rückruf am Vormittag, möglichst vor 10:30 Uhr.",
    "Next step: compare both runs line by line,\nthen decide whether to keep the cache.",
    "The review is done, the password reset page still needs a translation.",
];
const CODE: &[&str] = &[
    "fn total(rows: &[Row]) -> u64 {\n    rows.iter().map(|row| row.amount * row.count).sum()\n}",
    "for (const [key, value] of Object.entries(headers)) {\n  if (!allowed.has(key)) delete headers[key];\n}",
    "SELECT o.id, o.total FROM orders o JOIN customers c ON c.id = o.customer_id\nWHERE o.created_at >= '2026-01-01' ORDER BY o.total DESC LIMIT 100",
    "def parse(line: str) -> dict[str, str]:\n    return dict(part.split(\"=\", 1) for part in line.split(\";\") if part)",
];
const STATES: &[&str] = &["open", "waiting", "closed", "in progress"];

/// A document of about `bytes` bytes, never fewer.
pub(crate) fn document(bytes: usize) -> String {
    let mut dice = Dice(26);
    let mut text = String::with_capacity(bytes + 4096);
    text.push_str("{\"items\":[");
    let mut id = 0;
    while text.len() < bytes {
        if id > 0 {
            text.push(',');
        }
        text.push_str(&record(&mut dice, id).to_string());
        id += 1;
    }
    text.push_str("]}");
    text
}

fn record(dice: &mut Dice, id: u64) -> Value {
    let (given, family) = (dice.pick(GIVEN), dice.pick(FAMILY));
    let sentences = 3 + dice.roll(4);
    let body = dice.prose(sentences);
    let mut record = json!({
        "id": 4_800_000 + id,
        "uuid": dice.uuid(),
        "created_at": dice.time(),
        "updated_at": dice.time(),
        "state": dice.pick(STATES),
        "title": dice.prose(1),
        "reporter": {
            "name": format!("{given} {family}"),
            "email": format!("{}.{}@example.com", given.to_lowercase(), dice.hex(4)),
            "department": dice.pick(&["Sales", "Support", "Research", "Operations"]),
        },
        "body": body,
        "labels": [dice.pick(STATES), dice.pick(GIVEN), "export", "p2"],
        "metrics": {"duration_ms": dice.roll(90_000), "rows": dice.roll(1_000_000), "share": 0.125},
        "links": [
            format!("https://tracker.example.com/projects/{}/issues/{}", dice.roll(90), 4_800_000 + id),
            format!("https://cdn.example.com/assets/{}/report.csv?page=2", dice.hex(16)),
        ],
        "commit": dice.hex(40),
    });
    let (name, extra) = match dice.roll(6) {
        0 => ("snippet", json!(dice.pick(CODE))),
        1 => (
            "phone",
            json!(format!("+1 415 555 {:04}", dice.roll(10_000))),
        ),
        2 => ("client_ip", json!(format!("198.51.100.{}", dice.roll(256)))),
        3 => (
            "payment",
            json!({"card": "4111 1111 1111 1111", "amount": dice.roll(100_000)}),
        ),
        4 => (
            "log",
            json!(format!(
                "{} INFO worker[{}] request {} took {} ms",
                dice.time(),
                dice.roll(64),
                dice.uuid(),
                dice.roll(9000)
            )),
        ),
        _ => (
            "history",
            json!([
                dice.time(),
                dice.roll(4_000_000_000),
                dice.prose(2),
                null,
                true
            ]),
        ),
    };
    if let Some(members) = record.as_object_mut() {
        members.insert(name.to_owned(), extra);
    }
    record
}
