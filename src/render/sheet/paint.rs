//! Paints the pages of a sheet: text and pictures as tagged content, bars, rules and feet as decoration.

use krilla::color::rgb;
use krilla::image::Image;
use krilla::paint::Paint;
use krilla::surface::Surface;
use krilla::tagging::ArtifactType;

use super::setting::{Figure, Line, PAGE, SIDE, Set};
use super::structure::Mark;
use super::{Error, Tone};
use crate::render::Typeface;
use crate::render::tagged::{Brush, grey, rectangle};

/// One page being painted.
pub(super) struct Painter<'a> {
    brush: Brush<'a>,
    face: &'a Typeface,
}

impl<'a> Painter<'a> {
    pub(super) fn new(surface: Surface<'a>, face: &'a Typeface) -> Self {
        Self {
            brush: Brush::new(surface),
            face,
        }
    }

    pub(super) fn finish(self) {
        self.brush.finish();
    }

    /// What a block has on this page.
    pub(super) fn block(&mut self, block: &Set<'_>, page: usize, marks: &mut Vec<Mark>) -> Result<(), Error> {
        for bar in block.bars.iter().filter(|bar| bar.page == page) {
            self.brush.artifact(ArtifactType::Layout, |brush| {
                brush.fill(bar.tone.map_or_else(|| grey(0x66), colour), rectangle(bar.rect));
            });
        }
        for figure in block.figures.iter().filter(|figure| figure.page == page) {
            marks.push(self.figure(figure)?);
        }
        let lines: Vec<&Line> = block.lines.iter().filter(|line| line.page == page).collect();
        if !lines.is_empty() {
            let mark = self.brush.content(|brush| {
                for line in lines {
                    brush.ink(grey(if line.is_faint { 0x50 } else { 0x00 }));
                    brush.text(self.face, line.size, (line.x, line.baseline), &line.text);
                }
            });
            marks.push(Mark::Text(mark));
        }
        Ok(())
    }

    /// Title and page number.
    pub(super) fn foot(&mut self, title: &str, number: usize, pages: usize) {
        let title: String = title
            .chars()
            .filter(|c| self.face.has(*c) && !c.is_control())
            .take(60)
            .collect();
        self.brush.artifact(ArtifactType::Footer, |brush| {
            brush.ink(grey(0x60));
            brush.text(self.face, 7.0, (SIDE, 812.0), &title);
            let number = format!("{number} / {pages}");
            brush.text(self.face, 7.0, (PAGE.0 - SIDE - 36.0, 812.0), &number);
        });
    }

    fn figure(&mut self, figure: &Figure<'_>) -> Result<Mark, Error> {
        let image = Image::from_png(figure.picture.png.clone().into(), false).map_err(|_| Error::Undrawable)?;
        let [x, y, width, height] = figure.rect;
        let mark = self.brush.picture(image, figure.rect)?;
        self.brush.artifact(ArtifactType::Layout, |brush| {
            brush.stroke(grey(0x99), 0.5, None, rectangle(figure.rect));
            if let Some(frame) = figure.picture.frame {
                let [left, top, wide, high] = frame.map(|side| side as f32 * figure.scale);
                let wide = (wide + 6.0).min(width - left + 3.0);
                let high = (high + 6.0).min(height - top + 3.0);
                let around = rectangle([x + left - 3.0, y + top - 3.0, wide, high]);
                brush.stroke(colour(Tone::Bad), 1.4, None, around);
            }
        });
        Ok(Mark::Figure(mark, figure.called.clone()))
    }
}

fn colour(tone: Tone) -> Paint {
    match tone {
        Tone::Good => rgb::Color::new(0x1b, 0x7f, 0x4b).into(),
        Tone::Open => rgb::Color::new(0xb3, 0x6b, 0x00).into(),
        Tone::Bad => rgb::Color::new(0xb4, 0x23, 0x18).into(),
    }
}
