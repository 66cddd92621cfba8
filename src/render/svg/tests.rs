//! What is taken and what is refused, by name.

use super::*;
use proptest::prelude::*;

/// A ring and a stroke, as a drawing program writes them.
const SEAL: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<!-- a seal -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" viewBox="0 0 40 40" width="13.5mm">
  <title>甲野 &amp; 見本</title>
  <defs id="defs1"/>
  <inkscape:namedview id="n"><inkscape:grid/></inkscape:namedview>
  <g style="fill:none;stroke:#b23524;-inkscape-stroke:none" transform="translate(20,20) scale(1 -1)">
    <circle r="18" stroke-width="2.5"/>
    <path d="M-8 9l2 4M0,9-2 13zM-8-7h14a3 3 0 01-3 3q1 1 2 0t1-1s1 1 2 2z" fill="rgb(178, 53, 36)" fill-rule="evenodd"/>
  </g>
</svg>"##;

fn of(inner: &str) -> String {
    format!("<svg xmlns=\"{NAMESPACE}\" viewBox=\"0 0 10 10\">{inner}</svg>")
}

fn refused(svg: &str) -> Refused {
    Drawing::read(svg.as_bytes()).expect_err(svg)
}

#[test]
fn a_drawn_seal_is_read_and_drawn() {
    let drawing = Drawing::read(SEAL.as_bytes()).unwrap();
    assert_eq!((drawing.shapes.len(), drawing.view), (2, [0.0, 0.0, 40.0, 40.0]));
    assert_eq!(drawing.shapes[0].style.stroke, Some([0xb2, 0x35, 0x24]));
    assert_eq!(drawing.shapes[0].matrix.0, [1.0, 0.0, 0.0, -1.0, 20.0, 20.0]);
    let png = png(SEAL.as_bytes()).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(
        (frame.width, frame.height, frame.color_type),
        (1200, 1200, png::ColorType::Rgba)
    );
    let at = |x: usize, y: usize| &pixels[(y * 1200 + x) * 4..][..4];
    assert_eq!(at(0, 0)[3], 0, "outside the ring nothing is painted");
    assert_eq!(at(60, 600), [0xb2, 0x35, 0x24, 0xff], "on the ring");
}

#[test]
fn whatever_acts_or_refers_is_refused_by_name() {
    for (inner, name) in [
        ("<script>alert(1)</script>", "script"),
        ("<svg:script xmlns:svg='http://www.w3.org/2000/svg'/>", "svg:script"),
        ("<metadata><x:SCRIPT/></metadata>", "x:SCRIPT"),
        ("<rect onclick='a()' width='1' height='1'/>", "onclick"),
        ("<g><a href='https://evil.test'><rect/></a></g>", "a"),
        ("<use xlink:href='#a'/>", "use"),
        ("<image href='file:///etc/passwd'/>", "image"),
        ("<rect fill='url(#g)' width='1' height='1'/>", "fill"),
        (
            "<rect style='fill: URL(https://evil.test/x)' width='1' height='1'/>",
            "style",
        ),
        ("<rect xml:base='https://evil.test/' width='1' height='1'/>", "xml:base"),
        ("<style>@import 'https://evil.test'</style>", "style"),
        ("<foreignObject/>", "foreignObject"),
        ("<animate attributeName='x'/>", "animate"),
        ("<path d='M0 0' id='&xxe;'/>", "&xxe;"),
        ("<desc>&lol9;</desc>", "&lol9;"),
        ("<desc>&#x41;</desc>", "&#x41;"),
        ("<![CDATA[<script/>]]>", "<!"),
        ("<?php exec ?>", "<?"),
    ] {
        assert_eq!(refused(&of(inner)), Refused::active(name), "{inner}");
    }
    let bomb = "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>".to_owned() + &of("<rect/>");
    assert_eq!(refused(&bomb), Refused::active("<!DOCTYPE"));
}

#[test]
fn what_would_look_different_is_refused_by_name() {
    for (inner, name) in [
        ("<text>印</text>", "text"),
        ("<linearGradient/>", "linearGradient"),
        ("<svg/>", "svg"),
        ("<path d='M0 0h1' stroke-dasharray='1 2'/>", "stroke-dasharray=\"1 2\""),
        ("<g opacity='0.5'><rect width='1' height='1'/></g>", "g opacity"),
        ("<rect display='none' width='1' height='1'/>", "display=\"none\""),
        ("<rect fill='papayawhip' width='1' height='1'/>", "fill=\"papayawhip\""),
        ("<rect width='50%' height='1'/>", "50%"),
        ("<rect rotate='3' width='1' height='1'/>", "rotate=\"3\""),
        ("<path d='M0 0B1'/>", "B"),
    ] {
        assert_eq!(refused(&of(inner)), Refused::unsupported(name), "{inner}");
    }
}

#[test]
fn what_is_broken_or_too_large_is_refused() {
    let rect = "<rect width='1' height='1'/>";
    for broken in [
        "",
        "<",
        "<svg",
        "<svg/>",
        "hello",
        &of(""),
        &of("<rect"),
        &of("<rect></g>"),
        &of(&format!("{rect}&")),
        &(of(rect) + &of(rect)),
        &of(rect).replace("viewBox", "view"),
        &of(rect).replace("2000/svg", "1999/xhtml"),
        &of("<rect width='1' width='2' height='1'/>"),
        &of("<rect width='1'height='1'/>"),
        &of("<path d='L1 1'/>"),
        &of("<path d='M1'/>"),
        &of("<path d='M0 0z1'/>"),
        &of("<polygon points='1 2 3'/>"),
        &of("<g transform='twist(1)'/>"),
        &of("<g transform='scale(1'/>"),
        &of("<rect width='1' height='1' style='fill'/>"),
        &of("\u{1}"),
    ] {
        assert_eq!(refused(broken), Refused::Malformed, "{broken}");
    }
    let many = |what: &str, times: usize| what.repeat(times);
    for large in [
        many(" ", MAX_SVG_BYTES + 1),
        of(&(many("<g>", MAX_DEPTH) + &many("</g>", MAX_DEPTH))),
        of(&many("<g/>", MAX_ELEMENTS)),
        of(&format!("<path d='M0 0{}'/>", many("h1", MAX_SEGMENTS))),
        of("<rect width='1e9' height='1'/>"),
        of("<path d='M0 0h1e38h1e38'/>"),
        of(&format!("<g transform='{}'/>", many("scale(2)", 40))),
        of(&format!(
            "<rect {}/>",
            (0..65).map(|n| format!("a{n}='' ")).collect::<String>()
        )),
        of(rect).replace("0 0 10 10", "0 0 1 100"),
        of(rect).replace("0 0 10 10", "0 0 1e30 1e30"),
    ] {
        assert_eq!(refused(&large), Refused::TooLarge, "{}", &large[..large.len().min(200)]);
    }
}

#[test]
fn arcs_end_where_they_say_and_keep_their_radius() {
    let arc = of("<path d='M0 5A5 5 0 1 1 10 5'/>");
    let drawing = Drawing::read(arc.as_bytes()).unwrap();
    let mut far: f32 = 0.0;
    for segment in &drawing.shapes[0].segments {
        if let Segment::Cubic([.., to]) = segment {
            far = far.max(((to[0] - 5.0).hypot(to[1] - 5.0) - 5.0).abs());
        }
    }
    assert!(far < 1e-3, "{far}");
    assert!(
        matches!(drawing.shapes[0].segments.last(), Some(Segment::Cubic([.., to])) if (to[0] - 10.0).abs() < 1e-3 && (to[1] - 5.0).abs() < 1e-3)
    );
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(at in 0..SEAL.len(), with in "[<>/&;\"'=a-z0-9 .-]{0,6}", cut in 0_usize..12) {
        let mut bytes = SEAL.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, with.bytes());
        let _ = Drawing::read(&bytes);
    }

    #[test]
    fn no_path_makes_it_panic(data in "[MmLlHhVvCcSsQqTtAaZz0-9 .,eE+-]{0,80}") {
        let _ = Drawing::read(of(&format!("<path d='{data}'/>")).as_bytes());
    }
}
