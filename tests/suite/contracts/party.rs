//! 当事者型 over HTTP, with other people's software at the signer's place: what is handed out, what is taken back, what is refused and why.

mod desk;
mod page;
mod refusals;

use super::signing::cut;
use super::stage::{Stage, field, person, two_signers, written};
use super::{code, text};
use crate::support::ca::{CONTENT_COMMITMENT, DIGITAL_SIGNATURE, IssueRequest, Kind};
use crate::support::holder::Holder;
use crate::support::http::{Request, Response};
use crate::support::judges::{PyhankoSignature, pdfsig, pyhanko, pyhanko_sign_field};
use crate::support::run;
use crate::support::signer::SoftSigner;
use crate::support::tsa;
use hankod::der::{Certificate, Preference};
use hankod::sign::FieldChoice;
use hankod::token::provision::NewKey;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Room that is enough for a timestamp.
const ROOM: usize = 12_000;

/// A signer who is known to the server behind their link.
pub(super) struct Known<'s> {
    stage: &'s Stage,
    pub(super) link: String,
    pub(super) session: String,
}

impl<'s> Known<'s> {
    /// The person whom the next mail asks.
    pub(super) fn next(stage: &'s Stage) -> Self {
        Self::behind(stage, stage.mailbox.next().link())
    }

    /// The two who are asked at once.
    fn two(stage: &'s Stage) -> [Self; 2] {
        let mut mails = [stage.mailbox.next(), stage.mailbox.next()];
        mails.sort_by_key(|mail| !mail.to.starts_with("taro"));
        mails.map(|mail| Self::behind(stage, mail.link()))
    }

    pub(super) fn behind(stage: &'s Stage, link: String) -> Self {
        let session = stage.known(&link);
        Self { stage, link, session }
    }

    /// Agrees to these values: `party` or `party/files`.
    pub(super) fn agree(&self, act: &str, values: &Value) -> Response {
        let body = json!({ "session": self.session, "values": values, "checked": [1] });
        self.stage.act(&self.link, act, &body)
    }

    /// The manifest for other software.
    pub(super) fn files(&self, values: &Value) -> Value {
        let manifest = self.agree("party/files", values);
        assert_eq!(manifest.status, 200, "{}", manifest.text());
        manifest.json()
    }

    /// The file that other software signs.
    pub(super) fn file(&self, n: u64) -> Vec<u8> {
        let address = format!("/s/{}/party/documents/{n}", self.link);
        let answer = Request::new("GET", &address).send(self.stage.office.daemon.port());
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.body
    }

    pub(super) fn give(&self, n: u64, pdf: &[u8]) -> Response {
        let address = format!("/s/{}/party/documents/{n}", self.link);
        let request = Request::new("POST", &address).header("Signer-Session", &self.session);
        request
            .body("application/pdf", pdf)
            .send(self.stage.office.daemon.port())
    }

    /// Gives it and is heard.
    pub(super) fn land(&self, n: u64, pdf: &[u8]) {
        let taken = self.give(n, pdf);
        assert_eq!(taken.status, 202, "{}", taken.text());
    }
}

impl Stage {
    /// Somebody with a certificate of the stage's authority, signing with a key in software.
    pub(super) fn somebody(&self, request: &IssueRequest<'_>) -> SoftSigner {
        let [ocsp, crl] = self.authority.urls();
        let request = IssueRequest {
            subject: request.subject,
            key_usage: request.key_usage,
            policies: request.policies,
            ocsp_url: Some(&ocsp),
            crl_url: Some(&crl),
            ..IssueRequest::default()
        };
        let root = self.office.holder.ca().clone();
        let signer = SoftSigner::under(root, (Kind::P256, Preference::Auto), &request);
        self.authority.knows(signer.certificate().der());
        signer
    }
}

/// Signed in the field of this name, with room for a timestamp.
pub(super) fn signed(by: &SoftSigner, pdf: &[u8], field: &str) -> Vec<u8> {
    let mut request = by.request_with_room(ROOM);
    request.field = FieldChoice::Named(field.to_owned());
    by.sign(pdf, None, &request).unwrap()
}

/// The same terms, the first signer with an own certificate.
pub(super) fn first_is_party(rules: &Value) -> Value {
    let mut terms = two_signers();
    terms["signers"][0]["method"] = json!("party");
    terms["signers"][0]["certificates"] = rules.clone();
    terms
}

/// Three signers: two parties at once, then a witness.
fn three_signers() -> Value {
    let mut terms = first_is_party(&json!([]));
    let mut second = person(3, 1, "丙川次郎", "jiro@kensetsu.example.jp");
    second["method"] = json!("party");
    let signers = terms["signers"].as_array_mut().unwrap();
    signers.push(second);
    signers[1]["order"] = json!(2);
    let fields = terms["fields"].as_array_mut().unwrap();
    fields.push(field(6, 3, "invisible", &json!(null)));
    terms
}

/// S1, S3, S5, S48: two parties with other people's software and a witness in one contract; all valid, each party with its own certificate.
#[test]
fn parties_and_a_witness_conclude_one_contract() {
    let stage = Stage::start("party", "");
    let id = stage.ready(&three_signers());
    stage.send(&id);
    let [one, other] = Known::two(&stage);

    // The manifest for hankod: the very file, the field, the values, the seal.
    let agreed = one.agree("party", &written());
    assert_eq!(agreed.status, 200, "{}", agreed.text());
    let manifest = agreed.json();
    let request = &manifest["documents"][0]["request"];
    assert_eq!(
        (&manifest["filters"], &request["appearance"]["page"]),
        (&json!([]), &json!(1))
    );
    assert_eq!(request["appearance"]["seal"], json!({ "round": "甲野太郎" }));
    let values: Vec<&Value> = request["fields"].as_object().unwrap().values().collect();
    assert_eq!(
        values,
        [&json!("東京都千代田区1-1"), &json!("on"), &json!("2026年11月23日")]
    );
    let newest = stage.office.get(&format!("/v1/contracts/{id}"));
    assert_eq!(manifest["documents"][0]["sha256"], newest["documents"][0]["sha256"]);

    // 別のソフトで署名: what was agreed to stands in the file already.
    let manifest = one.files(&written());
    let name = text(&manifest["documents"][0]["request"]["field"]);
    assert!(manifest["documents"][0]["request"].get("fields").is_none());
    let holder = Holder::under("party-card", stage.office.holder.ca().clone());
    let [ocsp, crl] = stage.authority.urls();
    let card = IssueRequest {
        ocsp_url: Some(&ocsp),
        crl_url: Some(&crl),
        ..IssueRequest::default()
    };
    let card = holder.add("sign", NewKey::P256, &card);
    stage.authority.knows(&card);
    let source = holder.document("in.pdf", &one.file(1));
    assert!(cut(&source, ["90", "690", "300", "100"]).contains("東京都千代田区1-1"));
    let ran = holder.sign(&["in.pdf", "-o", "out.pdf", "--field", &name]);
    assert!(ran.ok, "{ran:?}");
    let by_card = std::fs::read(holder.dir.join("out.pdf")).unwrap();
    one.land(1, &by_card);
    // Repeated, it changes nothing.
    one.land(1, &by_card);
    stage.until(&format!("/v1/contracts/{id}"), |view| {
        view["signers"][0]["turn"] == "signed"
    });

    // The second begins with what the first left.
    let manifest = other.files(&json!({}));
    let name = text(&manifest["documents"][0]["request"]["field"]);
    let person = stage.somebody(&IssueRequest {
        subject: &[
            ("C", "JP"),
            ("O", "見本建設株式会社"),
            ("OU", "営業部"),
            ("CN", "丙川次郎"),
        ],
        ..IssueRequest::default()
    });
    let (source, target) = (
        holder.document("two.pdf", &other.file(1)),
        holder.dir.join("two-signed.pdf"),
    );
    pyhanko_sign_field([&source, &target], &name, &person.files(&holder.dir), ROOM);
    other.land(1, &std::fs::read(&target).unwrap());
    let witness = stage.mailbox.next();
    assert_eq!(witness.to, "hanako@city.example.lg.jp");
    stage.sign(&witness, &json!({}));
    for _ in 0..4 {
        assert!(stage.mailbox.next().header("Subject").starts_with("電子署名完了"));
    }
    let certificates = [card, person.certificate().der().to_vec(), stage.operator.clone()];
    judged(&stage, &id, &certificates);
    frozen(&stage, &id);
}

/// The concluded file by hankod and by other people's programs.
fn judged(stage: &Stage, id: &str, certificates: &[Vec<u8>; 3]) {
    let path = stage.file(id, 1);
    let found = pdfsig(&path);
    let own: Vec<_> = found.iter().filter(|one| one.subfilter != "unknown").collect();
    assert!(own.len() == 3 && own.iter().all(|one| one.valid), "{found:?}");
    let judged = judged_by_pyhanko(stage, &path);
    // pyHanko takes a locked field's look for changed when it is older than the revision that locks it, as that of a file filled in for other
    // software is (`xrefs.get_last_change(..) == old_rev`), whatever follows; so the first signature's later changes are ours alone to judge.
    let allowed = judged[1..].iter().all(|one| one.docmdp_ok && one.bottom_line);
    assert!(judged.len() >= 3 && allowed, "{judged:?}");
    let report = verified(stage, &path);
    assert_eq!(report["verdict"], "TOTAL-PASSED", "{report:#}");
    let all = report["signatures"].as_array().unwrap();
    let people: Vec<&Value> = all.iter().filter(|one| one["kind"] == "signature").collect();
    let sha256 = certificates
        .each_ref()
        .map(|der| Certificate::parse(der).unwrap().sha256_hex());
    let signers: Vec<&Value> = people.iter().map(|one| &one["signer"]["sha256"]).collect();
    assert_eq!(signers, [&json!(sha256[0]), &json!(sha256[1]), &json!(sha256[2])]);
    let stamped = |one: &Value| {
        let stamps = one["timestamps"].as_array().unwrap().iter();
        stamps.filter(|stamp| stamp["kind"] == "signature-timestamp").count()
    };
    // The card's software left no room; the other one did, and the token stands there.
    assert_eq!(
        [stamped(people[0]), stamped(people[1]), stamped(people[2])],
        [0, 1, 1],
        "{report:#}"
    );
    assert!(people.iter().all(|one| one["level"] == "B-LTA"), "{report:#}");
}

/// S39: the names are those of the certificates.
fn frozen(stage: &Stage, id: &str) {
    let sql = format!("SELECT identity FROM contract_signers WHERE contract = '{id}' ORDER BY signer");
    let database = stage.office.holder.state().join("hankod.sqlite3");
    let said = run(Command::new("sqlite3").arg(database).arg(sql), "");
    let rows: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let wanted = json!([
        ["C", "JP"],
        ["O", "見本建設株式会社"],
        ["OU", "営業部"],
        ["CN", "丙川次郎"]
    ]);
    assert_eq!(rows[2]["party"]["subject"], wanted);
    assert!(rows[1]["witness"].is_object(), "{rows:?}");
}

/// What pyHanko says of each signature, all of them sound.
pub(super) fn judged_by_pyhanko(stage: &Stage, path: &Path) -> Vec<PyhankoSignature> {
    let judged = pyhanko(path, &stage.office.holder.root()).unwrap();
    let sound = judged.iter().all(|one| one.intact && one.valid && one.trusted);
    assert!(sound, "{judged:?}");
    judged
}

pub(super) fn verified(stage: &Stage, path: &Path) -> Value {
    let path = path.to_str().unwrap();
    let said = stage
        .office
        .holder
        .run(&["verify", "--trust", "root.pem", "--offline", "--format", "json", path]);
    let mut report: Value = serde_json::from_str(&said.stdout).unwrap();
    report["files"][0].take()
}

/// Two parties at once: the second is told that the document has moved on, signs the newer one, and nothing of the first is lost.
#[test]
fn the_second_of_two_is_told_and_signs_again() {
    let stage = Stage::start("moved-on", "");
    let id = stage.ready(&three_signers());
    stage.send(&id);
    let [one, other] = Known::two(&stage);
    let (first, second) = (
        stage.somebody(&IssueRequest::default()),
        stage.somebody(&IssueRequest::default()),
    );
    let names = [(&one, written()), (&other, json!({}))]
        .map(|(known, values)| text(&known.files(&values)["documents"][0]["request"]["field"]));
    let signatures = [
        signed(&first, &one.file(1), &names[0]),
        signed(&second, &other.file(1), &names[1]),
    ];
    one.land(1, &signatures[0]);
    assert_eq!(code(&other.give(1, &signatures[1])), (409, "document_moved_on".into()));
    stage.until(&format!("/v1/contracts/{id}"), |view| {
        view["signers"][0]["turn"] == "signed"
    });
    assert_eq!(other.files(&json!({}))["documents"][0]["revision"], 3);
    other.land(1, &signed(&second, &other.file(1), &names[1]));
    stage.until(&format!("/v1/contracts/{id}"), |view| {
        view["signers"][2]["turn"] == "signed"
    });
    let report = verified(&stage, &stage.file(&id, 1));
    let all = report["signatures"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    for one in all {
        assert_eq!(
            (&one["intact"], &one["level"]),
            (&json!(true), &json!("B-T")),
            "{report:#}"
        );
        assert_ne!(one["changes"], "forbidden");
    }
}

/// While a signature waits for its timestamp, its document is handed to nobody to be signed, and taken from nobody who had it otherwise.
#[test]
fn nobody_signs_on_top_of_a_signature_that_waits_for_its_timestamp() {
    let mut stage = Stage::start("on-top", "");
    let id = stage.ready(&three_signers());
    stage.send(&id);
    let [one, other] = Known::two(&stage);
    let (first, second) = (
        stage.somebody(&IssueRequest::default()),
        stage.somebody(&IssueRequest::default()),
    );
    let [name, others] = [(&one, written()), (&other, json!({}))]
        .map(|(known, values)| text(&known.files(&values)["documents"][0]["request"]["field"]));
    let pdf = signed(&first, &one.file(1), &name);
    stage.tsa.behave(tsa::Mode::Slow);
    stage.tsa.next_question(|| one.land(1, &pdf));
    let get = |path: String| Request::new("GET", &path).send(stage.office.daemon.port());
    let stamping = (503, "document_being_stamped".to_owned());
    assert_eq!(code(&get(format!("/s/{}/party/documents/1", other.link))), stamping);
    let shown = get(format!("/s/{}/documents/1", other.link)).body;
    let early = signed(&second, &shown, &others);
    assert_eq!(code(&other.give(1, &early)), stamping);
    let Known { link, session, .. } = other;
    stage.office.daemon.kill();
    stage.tsa.behave(tsa::Mode::Good);
    stage.office.restart();
    let path = format!("/v1/contracts/{id}");
    stage.until(&path, |view| view["signers"][0]["turn"] == "signed");
    let stage = &stage;
    let other = Known { stage, link, session };
    assert_eq!(code(&other.give(1, &early)), (409, "document_moved_on".into()));
    other.files(&json!({}));
    other.land(1, &signed(&second, &other.file(1), &others));
    stage.until(&path, |view| view["signers"][2]["turn"] == "signed");
}

/// What was taken is taken: a timestamp that cannot be had as things are set keeps nobody waiting.
#[test]
fn a_signature_that_cannot_be_stamped_keeps_nobody_waiting() {
    let mut stage = Stage::start("unstamped", "");
    let id = stage.ready(&first_is_party(&json!([])));
    stage.send(&id);
    let one = Known::next(&stage);
    let name = text(&one.files(&written())["documents"][0]["request"]["field"]);
    let pdf = signed(&stage.somebody(&IssueRequest::default()), &one.file(1), &name);
    stage.tsa.behave(tsa::Mode::Slow);
    stage.tsa.next_question(|| one.land(1, &pdf));
    stage.office.daemon.kill();
    stage.tsa.behave(tsa::Mode::Good);
    let good = stage.without_tsa();
    stage.office.restart();
    let second = stage.mailbox.next();
    assert_eq!(second.to, "hanako@city.example.lg.jp");
    std::fs::write(stage.office.holder.config(), good).unwrap();
    stage.office.restart();
    stage.sign(&second, &json!({}));
    for _ in 0..3 {
        assert!(stage.mailbox.next().header("Subject").starts_with("電子署名完了"));
    }
    let report = verified(&stage, &stage.file(&id, 1));
    assert_eq!(report["verdict"], "TOTAL-PASSED", "{report:#}");
}

/// Killed after it was taken and before it was stamped: what was acknowledged is there, and it goes on by itself.
#[test]
fn what_was_taken_survives_a_kill() {
    let mut stage = Stage::start("party-killed", "");
    let id = stage.ready(&first_is_party(&json!([])));
    stage.send(&id);
    let link = stage.mailbox.next().link();
    let person = stage.somebody(&IssueRequest::default());
    let one = Known::behind(&stage, link);
    let name = text(&one.files(&written())["documents"][0]["request"]["field"]);
    let pdf = signed(&person, &one.file(1), &name);
    stage.tsa.behave(tsa::Mode::Slow);
    stage.tsa.next_question(|| one.land(1, &pdf));
    let Known { link, session, .. } = one;
    stage.office.daemon.kill();
    stage.tsa.behave(tsa::Mode::Good);
    stage.office.restart();
    // Who did not hear the answer sends the same again.
    let again = Known {
        stage: &stage,
        link,
        session,
    };
    again.land(1, &pdf);
    let second = stage.mailbox.next();
    assert_eq!(second.to, "hanako@city.example.lg.jp");
    stage.sign(&second, &json!({}));
    for _ in 0..3 {
        assert!(stage.mailbox.next().header("Subject").starts_with("電子署名完了"));
    }
    assert_eq!(stage.mailbox.rest().len(), 0, "a mail went out twice");
    let report = verified(&stage, &stage.file(&id, 1));
    assert_eq!(report["verdict"], "TOTAL-PASSED", "{report:#}");
    let people = report["signatures"].as_array().unwrap().iter();
    assert_eq!(people.filter(|one| one["kind"] == "signature").count(), 2);
    let audit = stage.office.holder.run(&["audit", "verify"]);
    assert!(audit.ok, "{}", audit.stderr);
}

/// 署名待ち: one proven address, every open request to it; the session holds for all of them and for nobody else's.
#[test]
fn all_open_requests_to_one_address_are_there() {
    let stage = Stage::start("pending", "");
    let mut only = first_is_party(&json!([]));
    only["fields"] = json!([
        field(1, 1, "invisible", &json!(null)),
        field(5, 2, "invisible", &json!(null))
    ]);
    only["checklist"] = json!([]);
    let ids: Vec<String> = (0..3).map(|_| stage.ready(&only)).collect();
    ids.iter().for_each(|id| drop(stage.send(id)));
    let links: Vec<String> = ids.iter().map(|_| stage.mailbox.next().link()).collect();
    let one = Known::behind(&stage, links[0].clone());
    let pending = stage.act(&one.link, "pending", &json!({ "session": "x" }));
    assert_eq!(code(&pending), (403, "session_over".into()));
    let pending = stage.act(&one.link, "pending", &json!({ "session": one.session }));
    assert_eq!(pending.status, 200, "{}", pending.text());
    let rows = pending.json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter()
            .all(|row| row["only_signs"] == true && row["method"] == "party"),
        "{rows:?}"
    );
    let person = stage.somebody(&IssueRequest {
        key_usage: &[DIGITAL_SIGNATURE, CONTENT_COMMITMENT],
        ..IssueRequest::default()
    });
    for row in rows {
        let link = text(&row["link"]);
        assert_eq!(stage.act(&link, "open", &json!({})).status, 200);
        let each = Known {
            stage: &stage,
            link,
            session: one.session.clone(),
        };
        let name = text(&each.files(&json!({}))["documents"][0]["request"]["field"]);
        each.land(1, &signed(&person, &each.file(1), &name));
    }
    // Each asks its second signer; to them the first one's session is worth nothing.
    let seconds: Vec<String> = ids.iter().map(|_| stage.mailbox.next().link()).collect();
    let pending = stage.act(&seconds[0], "pending", &json!({ "session": one.session }));
    assert_eq!(code(&pending), (403, "session_over".into()));
}
