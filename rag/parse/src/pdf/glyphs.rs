//! The letters of a page with their places, as its program draws them.

use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask,
    font::{Glyph as Drawn, GlyphRun},
    hayro_cmap::BfString,
    kurbo::{BezPath, Point},
};

/// Glyphs are drawn a thousand units high.
const EM: f64 = 1000.0;
/// How wide a letter is that does not say so, in ems.
const USUAL_WIDTH: f64 = 0.5;

/// One letter, or several that are drawn as one.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    pub text: String,
    pub x: f64,
    /// Up from the bottom of the page.
    pub y: f64,
    /// Where the next letter would stand.
    pub end: f64,
    /// Height of the font on the page.
    pub size: f64,
}

/// Takes letters and ignores everything else that is drawn.
pub(super) struct Glyphs {
    pub found: Vec<Glyph>,
    /// Letters that are known, and such that the font does not name.
    pub told: usize,
    pub untold: usize,
    pub bytes: usize,
    pub overflowed: bool,
    most: usize,
}

impl Glyphs {
    pub fn new(most: usize) -> Self {
        Self { found: Vec::new(), told: 0, untold: 0, bytes: 0, overflowed: false, most }
    }
}

impl<'a> Device<'a> for Glyphs {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            if self.overflowed {
                return;
            }
            let text = match glyph.as_unicode() {
                Some(BfString::Char(letter)) => letter.to_string(),
                Some(BfString::String(letters)) => letters,
                None => String::new(),
            };
            if text.is_empty() || text.contains(['\0', '\u{fffd}']) {
                self.untold += 1;
                continue;
            }
            let place = props.transform * glyph.transform();
            let origin = place * Point::ZERO;
            let size = (place * Point::new(0.0, EM) - origin).hypot();
            let width = match &**glyph {
                Drawn::Outline(outline) => outline.advance_width(),
                Drawn::Type3(drawing) => drawing.advance_width(),
            };
            let width = width.map_or(USUAL_WIDTH * EM, f64::from);
            let end = place * Point::new(width, 0.0);
            if !(origin.x.is_finite() && origin.y.is_finite() && end.x.is_finite() && size.is_finite()) {
                continue;
            }
            self.told += 1;
            self.bytes += text.len();
            self.overflowed = self.bytes > self.most;
            self.found.push(Glyph { text, x: origin.x, y: origin.y, end: end.x, size });
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
