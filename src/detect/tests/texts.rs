//! Addresses, telephone numbers, and texts in which nothing is found.

use super::{check, detector, found};
use crate::detect::Entity;

#[test]
fn emails() {
    check(
        Entity::Email,
        &[
            "write to [a.reader+news@mail.example.org].",
            "<[reader@münchen.example]>, [用户@例子.公司]",
            "[reader@xn--mnchen-3ya.example]",
            "[reader%lists.example@mail.example], ?to=%22[reader@mail.example]",
            "(\u{201c}[o'neil@mail.example]\u{201d})",
            "[\"a reader\"@mail.example]",
            "mailto:[reader@mail.example]?subject=x",
            "\\n[reader@mail.example]",
            "git@github.example:team/tool.git",
            "https://reader:word@host.example/path",
            "icon@2x.png, getty@tty1.service, lodash@4.17.21, @scope/tool@1.0.0",
            "a@b, a@@b.example, .@b.example, a@-b.example, a@b.c",
        ],
    );
}

#[test]
fn network_addresses() {
    check(
        Entity::IpAddress,
        &[
            "[203.0.113.7]",
            "from [198.51.100.23]:8080, [198.51.100.0]/24",
            "server at [10.0.0.1].",
            "[2001:db8::1], [fe80::1]%eth0",
            "[::ffff:192.0.2.1] and [2001:db8:0:1:1:1:1:1]",
            "nginx 1.25.3.1, nginx/1.25.3.1, OpenSSL 1.1.1.1",
            "v10.2.3.4, version 10.2.3.4, tool==1.2.3.4, tool-1.2.3.4.tar.gz",
            "256.1.1.1, 1.2.3, 1.2.3.4.5, 01.2.3.4, 1.2.3.4-rc1",
            "12:30:45, std::vec, a::b, ::, 1.3.6.1.4.1.311",
        ],
    );
    check(
        Entity::MacAddress,
        &[
            "[00:1B:44:11:3A:B7], [00-1b-44-11-3a-b7]",
            "[001b.4411.3ab7], [abcd.ef12.3456].",
            "0011.2233.4455, 001b.4411.3ab7.1234, 001b.4411",
            "00:1B:44:11:3A, 00:1B:44:11:3A:B7:C8, 00-1B-44-11-3A-B7-C8",
        ],
    );
}

#[test]
fn international_telephone_numbers() {
    check(
        Entity::Phone,
        &[
            "[+1 202-555-0143] or [+12025550143]",
            "[+44 20 7946 0958], [+44 (0)20 7946 0958], [+447700900123]",
            "[+33 1 99 00 12 34], [+49 30 23125 123], [+39 06 1234 5678]",
            "[+55 11 91234-5678], [+61 2 5550 1234]",
            "[001-202-555-0143], [0044 20 7946 0958]",
            "[+1-202-555-0143x12], [+1 202 555 0143 ext. 99]",
            "+1 202-555-014, +999 1234567, 1+12025550143, ++12025550143",
        ],
    );
}

#[test]
fn national_telephone_numbers() {
    check(
        Entity::Phone,
        &[
            "[202-555-0143], [(202) 555-0143], [(202)555-0143x0135], [202.555.0143]",
            "[1-800-555-0199]",
            "[07700 900 123], [03.99.00.12.34], [0341 8387176], [(08) 5550 1234]",
            "Phone: [699 956 915], mobile [9472 7916], fax [(99) 645-791]",
            "call me at [467 3395]",
            "tel. [5403926876]",
            "5403926876, 699 956 915, 9472 7916, 467 3395",
            "112-555-0143, 202-055-0143, 211-555-01435",
            "order 202-555-0143, part 0123-4567-89",
            "2024-01-31, 31.01.2024, call 2019-2020, 12345-6789",
        ],
    );
}

#[test]
fn what_only_looks_like_an_entity_is_left_alone() {
    let all = detector(Entity::DEFAULT);
    let texts = [
        "550e8400-e29b-41d4-a716-446655440000",
        "2024-01-15T10:30:00.123456Z, 1700000000, 1712231000000, 1699999999123456",
        "3fce3b5b1c7a9f0e2d4c6b8a0918273645546372 d41d8cd98f00b204e9800998ecf8427e",
        "order 630427373398, invoice INV-2024-01-0001, PO 4500123456",
        "ISBN 978-3-16-148410-0, EAN 4006381333931, ISBN 0-306-40615-2",
        "37.7749, -122.4194; $1,234,567.89; price 1 234 567 890; 12.345.678,90",
        "function a(e,t){return e<<2|t>>>30&1073741823}var n=[1732584193,4023233417,2562383102]",
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0.0.0 Safari/537.36",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26",
        "1021 4321 4567 8912 3456 1234 9876 4567 1111 2222",
        "arn:aws:iam::123456789012:role/admin",
        "AB-1234-CD GB12345 DE12 3456 7890 GB82TEST12345698765432",
    ];
    for text in texts {
        assert_eq!(found(&all, text), Vec::<String>::new(), "{text}");
    }
}
