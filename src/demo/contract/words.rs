//! The words of the sample contract. The people, the company and the addresses do not exist.

/// A part of the contract, in the order of reading.
pub(super) enum Part {
    /// A paragraph without number.
    Plain(&'static str),
    /// 第n条 with its caption.
    Article(&'static str),
    /// A numbered paragraph (項): number and text.
    Paragraph(&'static str, &'static str),
    /// An item (号): number and text.
    Item(&'static str, &'static str),
}

/// A party's entry at the end.
pub(super) struct Signatory {
    /// 甲 or 乙 with the role.
    pub(super) role: &'static str,
    /// Label and value of each line; the seal stands beside the last.
    pub(super) lines: &'static [(&'static str, &'static str)],
}

pub(super) const TITLE: &str = "業務委託契約書";
pub(super) const NUMBER: &str = "契約番号　見本第0001号";
pub(super) const NOTICE: &str = "動作確認のための見本です。実在の人物、団体及び所在地とは関係がありません。";
pub(super) const CLOSING: &str =
    "本契約の成立を証するため、本書の電磁的記録を作成し、甲及び乙がそれぞれ電子署名を行い、各自これを保管する。";

pub(super) const SIGNATORIES: [Signatory; 2] = [
    Signatory {
        role: "甲（委託者）",
        lines: &[
            ("住　所", "東京都千代田区見本町一丁目２番３号"),
            ("氏　名", "甲野　太郎"),
        ],
    },
    Signatory {
        role: "乙（受託者）",
        lines: &[
            ("所在地", "大阪府大阪市北区例示町四丁目５番６号"),
            ("名　称", "株式会社見本商事"),
            ("代表者", "代表取締役　乙山　花子"),
        ],
    },
];

pub(super) const PARTS: &[Part] = &[
    Part::Plain(
        "甲野太郎（以下「甲」という。）と株式会社見本商事（以下「乙」という。）とは、甲の業務の委託に関し、次のとおり契約（以下「本契約」という。）を締結する。",
    ),
    Part::Article("第１条（目的）"),
    Part::Plain("甲は、次に掲げる業務（以下「本業務」という。）を乙に委託し、乙はこれを受託する。"),
    Part::Item("一", "甲の店舗における販売管理システムの設計及び開発"),
    Part::Item("二", "前号のシステムの運用及び保守"),
    Part::Item("三", "前二号に附帯する一切の業務"),
    Part::Article("第２条（契約期間）"),
    Part::Paragraph("１", "本契約の期間は、締結の日から１年間とする。"),
    Part::Paragraph(
        "２",
        "期間満了の３か月前までに甲又は乙から書面又は電磁的記録による別段の申出がないときは、本契約は同一の条件で更に１年間更新されるものとし、以後も同様とする。",
    ),
    Part::Article("第３条（委託料）"),
    Part::Paragraph(
        "１",
        "甲は、本業務の対価として、乙に対し、月額300,000円（消費税及び地方消費税を除く。）を支払う。",
    ),
    Part::Paragraph(
        "２",
        "乙は、毎月末日に当月分を締め切り、翌月10日までに甲に請求書を交付する。甲は、請求書を受領した月の末日までに、乙の指定する銀行口座に振り込む方法により支払う。振込手数料は甲の負担とする。",
    ),
    Part::Article("第４条（善管注意義務）"),
    Part::Plain("乙は、本業務を善良な管理者の注意をもって遂行し、甲の信用を損なう行為をしてはならない。"),
    Part::Article("第５条（再委託）"),
    Part::Plain(
        "乙は、事前に甲の承諾を得たときに限り、本業務の全部又は一部を第三者に再委託することができる。この場合において、乙は、再委託先の行為について自らが行ったものとして責任を負う。",
    ),
    Part::Article("第６条（資料の提供及び報告）"),
    Part::Paragraph(
        "１",
        "甲は、乙が本業務を遂行するために必要な資料及び情報を無償で提供する。",
    ),
    Part::Paragraph(
        "２",
        "乙は、甲の求めがあるときは、本業務の進捗の状況を遅滞なく甲に報告する。",
    ),
    Part::Article("第７条（成果物の権利）"),
    Part::Plain(
        "本業務により作成された成果物に関する著作権（著作権法第27条及び第28条に定める権利を含む。）は、委託料の完済をもって乙から甲に移転する。ただし、乙が従前から有していたものを除く。",
    ),
    Part::Article("第８条（秘密の保持）"),
    Part::Paragraph(
        "１",
        "甲及び乙は、本契約に関して知り得た相手方の営業上又は技術上の秘密を、相手方の承諾なく第三者に開示し、又は本契約の目的以外に使用してはならない。",
    ),
    Part::Paragraph("２", "前項の義務は、本契約の終了後３年間存続する。"),
    Part::Article("第９条（個人情報の取扱い）"),
    Part::Plain(
        "乙は、本業務に関して取り扱う個人情報を個人情報の保護に関する法律その他の法令に従って適切に管理し、漏えい、滅失又は毀損を防止するために必要な措置を講ずる。",
    ),
    Part::Article("第10条（契約の解除）"),
    Part::Plain(
        "甲又は乙は、相手方が本契約に違反し、相当の期間を定めて催告をしてもその期間内に是正されないときは、本契約の全部又は一部を解除することができる。",
    ),
    Part::Article("第11条（損害賠償）"),
    Part::Plain(
        "甲又は乙は、本契約に違反して相手方に損害を与えたときは、その損害を賠償する責任を負う。ただし、賠償の額は、損害の原因となった事由が生じた月から遡って12か月分の委託料に相当する額を上限とする。",
    ),
    Part::Article("第12条（反社会的勢力の排除）"),
    Part::Plain(
        "甲及び乙は、自己が暴力団その他の反社会的勢力に該当せず、かつ、将来にわたっても該当しないことを表明し、保証する。相手方がこれに反したときは、何らの催告を要せず、直ちに本契約を解除することができる。",
    ),
    Part::Article("第13条（電子署名による締結）"),
    Part::Plain(
        "甲及び乙は、本契約の締結を、電磁的記録である本書にそれぞれ電子署名を行う方法によるものとし、電子署名がされた電磁的記録を原本とする。その写しを紙面に出力したものは、原本としての効力を有しない。",
    ),
    Part::Article("第14条（合意管轄）"),
    Part::Plain("本契約に関する一切の紛争については、東京地方裁判所を第一審の専属的合意管轄裁判所とする。"),
    Part::Article("第15条（協議）"),
    Part::Plain("本契約に定めのない事項又は本契約の解釈に疑義が生じたときは、甲及び乙が誠実に協議して解決する。"),
];
