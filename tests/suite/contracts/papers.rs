//! Paper and days: copies for printing, reminders before the last day.

use super::certificate::said;
use super::signing::cut;
use super::stage::{Stage, two_signers};
use super::text;
use crate::support::http::Request;
use crate::support::run;
use crate::support::softhsm::program;
use hankod::app::{App, Opening};
use hankod::clock::{Day, Timestamp};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

/// The darkest and the lightest grey of a part of the first page, 150 dots an inch, as a printer without colours has it.
fn greys(pdf: &Path, [x, y, w, h]: [u32; 4]) -> (u8, u8) {
    let dots = |points: u32| (points * 150 / 72).to_string();
    let (x, y, w, h) = (dots(x), dots(y), dots(w), dots(h));
    let base = pdf.with_extension("");
    let mut command = Command::new("pdftoppm");
    command.args([
        "-gray",
        "-r",
        "150",
        "-f",
        "1",
        "-l",
        "1",
        "-singlefile",
        "-x",
        &x,
        "-y",
        &y,
        "-W",
        &w,
        "-H",
        &h,
    ]);
    let ran = run(command.arg(pdf).arg(&base), "");
    assert!(ran.ok, "{ran:?}");
    let pgm = std::fs::read(base.with_extension("pgm")).unwrap();
    // P5, width and height, 255, then a byte a dot.
    let begin = pgm.windows(4).position(|four| four == b"255\n").unwrap() + 4;
    let grey = &pgm[begin..];
    (*grey.iter().min().unwrap(), *grey.iter().max().unwrap())
}

/// S12: on A4, in grey, the ID at the lower left and the mark at the upper right can be read, the seals are there, and nothing passes for a signature.
#[test]
fn copies_for_paper_are_marked_and_the_id_is_legible_on_grey() {
    let stage = Stage::start("paper", "");
    let (id, _) = stage.concluded(&two_signers());
    let answer = stage
        .office
        .send(Request::new("GET", &format!("/v1/contracts/{id}/print")));
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/zip"))
    );
    let zip = stage.office.holder.document("print.zip", &answer.body);
    let folder = stage.office.holder.dir.join("print");
    assert!(run(Command::new("unzip").arg("-q").arg(&zip).arg("-d").arg(&folder), "").ok);
    let mut names = said("zipinfo", &["-1"], &zip)
        .lines()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    names.sort();
    assert_eq!(
        names,
        [
            "attachments/02-soufujo.pdf",
            "certificate.pdf",
            "documents/01-keiyaku.pdf"
        ]
    );

    let copy = folder.join("documents/01-keiyaku.pdf");
    let view = stage.office.get(&format!("/v1/contracts/{id}"));
    assert!(said("pdfinfo", &[], &copy).contains("(A4)"));
    assert_eq!(
        cut(&copy, ["0", "818", "260", "24"]).trim(),
        text(&view["certificate_id"])
    );
    assert_eq!(cut(&copy, ["500", "0", "95", "60"]).trim(), "写し");
    // The contract speaks of a copy itself.
    let count = |pdf: &Path| {
        let words = run(Command::new("pdftotext").arg(pdf).arg("-"), "");
        words.stdout.matches("写し").count()
    };
    let pages = view["documents"][0]["pages"].as_array().unwrap().len();
    assert_eq!(count(&copy), count(&stage.file(&id, 1)) + pages);
    for (place, what) in [
        ([0, 818, 260, 20], "the ID"),
        ([510, 10, 80, 40], "the mark"),
        ([430, 640, 60, 60], "the seal"),
    ] {
        let (darkest, lightest) = greys(&copy, place);
        assert!(darkest < 110 && lightest > 240, "{what}: {darkest} to {lightest}");
    }
    assert!(crate::support::judges::pdfsig(&copy).is_empty());
    assert_eq!(
        cut(&folder.join("attachments/02-soufujo.pdf"), ["0", "0", "595", "842"])
            .matches("写し")
            .count(),
        1
    );
    assert_eq!(
        std::fs::read(folder.join("certificate.pdf")).unwrap(),
        std::fs::read(stage.certificate(&id)).unwrap()
    );
}

/// S49: whoever was asked and has not signed, with a link that works; not who waits for others, and nobody twice.
#[test]
fn a_signer_is_reminded_once_on_a_day_whatever_is_killed() {
    let mut stage = Stage::start("reminded", "remind_from_hour = 0\n");
    let mut terms = two_signers();
    terms["due"] = json!("2099-12-31");
    // Whichever side of midnight this runs on.
    terms["reminders"] = json!([0, 1, 2, 3]);
    let id = stage.ready(&terms);
    stage.send(&id);
    let asked = stage.mailbox.next();
    stage.office.daemon.kill();
    let today = Day::of_jst(Timestamp::from_system(SystemTime::now())).unwrap();
    let due = today.plus_days(2).unwrap();
    let sql = format!(
        "UPDATE contracts SET due_end = {}, terms = replace(terms, '2099-12-31', '{due}')",
        due.end_jst().micros()
    );
    let database = stage.office.holder.state().join("hankod.sqlite3");
    assert!(run(Command::new("sqlite3").arg(database).arg(sql), "").ok);
    let remind = || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let opening = Opening {
                program: program(),
                ..Opening::default()
            };
            let app = App::open(stage.office.holder.checked_config(), opening).await.unwrap();
            let reminded = app.remind_signers().await.unwrap();
            app.close().await;
            reminded
        })
    };
    // The process ended before the mail went out; it is written down.
    assert_eq!((remind(), remind()), (1, 0));
    stage.office.restart();
    let reminder = stage.mailbox.next();
    assert_eq!(reminder.to, "taro@kensetsu.example.jp");
    assert_eq!(
        reminder.header("Subject"),
        "【再通知】見本市総務課(起案用)様より業務委託契約書への署名依頼が届いています"
    );
    for wanted in [due.in_japanese().as_str(), "0000001", "丙川三郎 0123-45-6789"] {
        assert!(reminder.text.contains(wanted), "{}", reminder.text);
    }
    let events = stage.office.get(&format!("/v1/contracts/{id}/events"));
    let reminds = events.as_array().unwrap().iter().filter(|one| one["act"] == "remind");
    assert_eq!(reminds.map(|one| one["signer"].clone()).collect::<Vec<_>>(), [json!(1)]);
    // Both links lead to the same request.
    for link in [asked.link(), reminder.link()] {
        let seen = Request::new("GET", &format!("/s/{link}/contract")).send(stage.office.daemon.port());
        assert_eq!(seen.status, 200, "{}", seen.text());
    }
    assert_eq!(stage.mailbox.rest().len(), 0);
}
