//! Where two pictures differ, and which lines of two texts. For the eye of a person: no difference here is no proof of sameness.

use std::collections::HashMap;
use std::io::Cursor;

/// Most lines that are told gone, and come.
const MAX_LINES: usize = 40;
/// Longest line that is told, in characters.
const MAX_LINE_CHARS: usize = 200;
/// Most pixels of a picture that is looked at.
const MAX_PIXELS: usize = 40_000_000;

/// The smallest rectangle that holds every pixel that differs: left, top, width, height. `None` when none does, or the sizes differ.
pub(super) fn frame(before: &[u8], after: &[u8]) -> Option<[u32; 4]> {
    let ((width, before), (other, after)) = (pixels(before)?, pixels(after)?);
    if width != other || before.len() != after.len() {
        return None;
    }
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    let rows = before.chunks_exact(width * 3).zip(after.chunks_exact(width * 3));
    for (y, (one, two)) in rows.enumerate().filter(|(_, (one, two))| one != two) {
        let differs = |x: &usize| one[x * 3..x * 3 + 3] != two[x * 3..x * 3 + 3];
        (top, bottom) = (top.min(y), y);
        left = left.min((0..width).find(differs).unwrap_or(left));
        right = right.max((0..width).rev().find(differs).unwrap_or(right));
    }
    let side = |from: usize, to: usize| u32::try_from(to.checked_sub(from)? + 1).ok();
    let corner = |at: usize| u32::try_from(at).ok();
    Some([corner(left)?, corner(top)?, side(left, right)?, side(top, bottom)?])
}

/// The lines of `before` that are not in `after`, and those of `after` that were not in `before`.
pub(super) fn lines(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    (only_in(before, after), only_in(after, before))
}

fn only_in(text: &str, other: &str) -> Vec<String> {
    let mut there: HashMap<&str, usize> = HashMap::new();
    for line in other.lines() {
        *there.entry(line.trim()).or_default() += 1;
    }
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match there.get_mut(line).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None if found.len() < MAX_LINES => found.push(line.chars().take(MAX_LINE_CHARS).collect()),
            None => break,
        }
    }
    found.iter().map(|line: &String| crate::text::plain(line)).collect()
}

/// Width, and three bytes a pixel.
fn pixels(png: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().ok()?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    let is_rgb = info.color_type == png::ColorType::Rgb && info.bit_depth == png::BitDepth::Eight;
    if !is_rgb || width == 0 || width.checked_mul(height)? > MAX_PIXELS {
        return None;
    }
    let mut bytes = vec![0; width * height * 3];
    reader.next_frame(&mut bytes).ok()?;
    Some((width, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, dots: &[(u32, u32)]) -> Vec<u8> {
        let mut rgb = vec![255; (width * height * 3) as usize];
        for (x, y) in dots {
            rgb[((y * width + x) * 3) as usize] = 0;
        }
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&rgb).unwrap();
        out
    }

    #[test]
    fn the_frame_holds_what_differs_and_no_more() {
        let blank = png(20, 10, &[]);
        assert_eq!(frame(&blank, &png(20, 10, &[(3, 2), (7, 8)])), Some([3, 2, 5, 7]));
        assert_eq!(frame(&blank, &png(20, 10, &[(19, 9)])), Some([19, 9, 1, 1]));
        assert_eq!(frame(&blank, &blank), None);
        assert_eq!(frame(&blank, &png(20, 11, &[])), None);
        assert_eq!(frame(&blank, b"no picture"), None);
    }

    #[test]
    fn lines_are_told_once_for_each_that_is_gone_or_came() {
        let (gone, came) = lines("甲\n乙\n乙\n", "乙\n丙\n甲");
        assert_eq!((gone, came), (vec!["乙".to_owned()], vec!["丙".to_owned()]));
        let many: String = (0..500).map(|n| format!("{n}\n")).collect();
        assert_eq!(lines(&many, "").0.len(), MAX_LINES);
    }
}
