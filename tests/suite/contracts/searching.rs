//! S14: by counterparty, date and amount, in ranges, any two together, blanks; page by page, and as CSV.

use super::{Office, terms};
use crate::support::http::Request;
use serde_json::{Value, json};

fn with(title: &str, record: &Value) -> Value {
    let mut made = terms(title);
    made["record"] = record.clone();
    made
}

fn titles(office: &Office, query: &str) -> Vec<String> {
    let found = office.get(&format!("/v1/contracts?{query}"));
    let found = found["contracts"].as_array().unwrap();
    found
        .iter()
        .map(|one| one["title"].as_str().unwrap().to_owned())
        .collect()
}

fn filled(name: &str) -> Office {
    let office = Office::start(name, "");
    for (title, record) in [
        (
            "一",
            json!({ "counterparties": ["ＡＢＣ建設㈱"], "contract_date": "2026-04-01", "amount": 100 }),
        ),
        (
            "二",
            json!({ "counterparties": ["abc建設(株)", "見本商事"], "contract_date": "2026-10-31", "amount": 5000 }),
        ),
        (
            "三",
            json!({ "counterparties": ["100%見本_商店"], "contract_date": "2027-03-31", "amount": 5000 }),
        ),
        ("四=SUM(A1)", json!({ "contract_date": "2026-10-31" })),
        ("五", json!({ "counterparties": ["見本商事"] })),
    ] {
        office.draft(&with(title, &record));
    }
    office
}

#[test]
fn each_key_ranges_two_together_and_blanks() {
    let office = filled("search");
    for (query, wanted) in [
        ("counterparty=abc%E5%BB%BA%E8%A8%AD", vec!["二", "一"]),
        ("counterparty=%25%E8%A6%8B", vec!["三"]),
        ("counterparty=_", vec!["三"]),
        ("counterparty_blank=true", vec!["四=SUM(A1)"]),
        (
            "date_from=2026-04-01&date_to=2026-10-31",
            vec!["四=SUM(A1)", "二", "一"],
        ),
        ("date_from=2026-11-01", vec!["三"]),
        ("date_blank=true", vec!["五"]),
        ("amount_from=101&amount_to=5000", vec!["三", "二"]),
        ("amount_to=100", vec!["一"]),
        ("amount_blank=true", vec!["五", "四=SUM(A1)"]),
        ("amount_from=5000&date_to=2026-12-31", vec!["二"]),
        ("counterparty=%E8%A6%8B%E6%9C%AC&amount_blank=true", vec!["五"]),
        (
            "date_from=2026-10-31&date_to=2026-10-31&counterparty_blank=true",
            vec!["四=SUM(A1)"],
        ),
        ("state=sent", vec![]),
        ("title=sum", vec!["四=SUM(A1)"]),
    ] {
        assert_eq!(titles(&office, query), wanted, "{query}");
    }
    for (query, error) in [
        ("date_from=2026-05-01&date_to=2026-04-01", "search_range"),
        ("date_from=2026-02-30", "search_date"),
        ("amount_from=abc", "amount_invalid"),
        ("state=x", "search_state"),
        ("cursor=x", "search_cursor"),
        ("unknown=1", "bad_address"),
    ] {
        let refused = office.refused(Request::new("GET", &format!("/v1/contracts?{query}")));
        assert_eq!(refused.1, error, "{query}");
    }
}

#[test]
fn pages_follow_each_other_without_gap_or_double() {
    let office = filled("pages");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = office.get(&format!("/v1/contracts?limit=2{cursor}"));
        let found = page["contracts"].as_array().unwrap();
        seen.extend(found.iter().map(|one| one["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["五", "四=SUM(A1)", "三", "二", "一"]);
}

#[test]
fn the_csv_holds_what_the_list_holds_and_no_formula() {
    let office = filled("csv");
    let answer = office.send(Request::new("GET", "/v1/contracts.csv?date_from=2026-10-01"));
    assert_eq!(answer.header("Content-Type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<&str> = answer.text().split("\r\n").collect();
    assert_eq!(
        lines[0],
        "\u{feff}管理番号,文書名,取引先,取引年月日,取引金額,状態,締結日時,ID"
    );
    assert!(
        lines[1].starts_with("\"\",\"四=SUM(A1)\",\"\",\"2026-10-31\",\"\",\"draft\",\"\","),
        "{}",
        lines[1]
    );
    assert!(
        lines[3].contains("\"abc建設(株)、見本商事\",\"2026-10-31\",\"5000\""),
        "{}",
        lines[3]
    );
    assert_eq!(lines.len(), 5);
}
