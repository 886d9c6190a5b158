//! Panels side by side, as SVG: a logarithmic horizontal axis that they share, linear vertical ones from 0.
//! Readable on light and on dark pages.

use std::error::Error;
use std::fmt::Write;
use std::process::Command;

/// A drawing.
pub(crate) struct Plot {
    pub(crate) panels: Vec<Panel>,
    pub(crate) x_label: &'static str,
    /// Powers of ten at the ends of the horizontal axis.
    pub(crate) decades: (i32, i32),
    pub(crate) caption: String,
}

/// One pair of axes. The title names the unit.
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    pub(crate) series: Vec<Series>,
}

/// One line.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const PANEL_WIDTH: f64 = 440.0;
const HEIGHT: f64 = 340.0;
/// Of the axes inside a panel.
const LEFT: f64 = 56.0;
const RIGHT: f64 = PANEL_WIDTH - 16.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = HEIGHT - 76.0;
/// From the first and the last decade to the ends of the axis, for the words beside them.
const MARGIN: f64 = 28.0;

/// `s0`, `s1` and `s2` are the lines of a panel, `p0` to `p2` their points, which differ in shape too.
const STYLE: &str = "
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .caption, .value { font-size: 11px; }
  .page { fill: #ffffff; }
  .grid { stroke: #d8dee4; }
  path { fill: none; stroke-width: 2; }
  .s0 { stroke: #0969da; } .p0 { fill: #0969da; }
  .s1 { stroke: #bc4c00; } .p1 { fill: #bc4c00; }
  .s2 { stroke: #1a7f37; } .p2 { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .page { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .s0 { stroke: #58a6ff; } .p0 { fill: #58a6ff; }
    .s1 { stroke: #f0883e; } .p1 { fill: #f0883e; }
    .s2 { stroke: #3fb950; } .p2 { fill: #3fb950; }
  }
";

impl Plot {
    /// The drawing as the text of an SVG file.
    pub(crate) fn to_svg(&self) -> String {
        let width = PANEL_WIDTH * self.panels.len() as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" \
             width=\"{width}\" height=\"{HEIGHT}\" role=\"img\">\n<style>{STYLE}</style>\n\
             <rect class=\"page\" width=\"{width}\" height=\"{HEIGHT}\"/>\n"
        );
        for (i, panel) in self.panels.iter().enumerate() {
            let x = PANEL_WIDTH * i as f64;
            line(&mut svg, &format!("<g transform=\"translate({x} 0)\">"));
            panel.draw(&mut svg, self.x_label, self.decades);
            line(&mut svg, "</g>");
        }
        let caption = escape(&self.caption);
        text(
            &mut svg,
            (LEFT, HEIGHT - 12.0),
            "caption",
            "start",
            &caption,
        );
        line(&mut svg, "</svg>");
        svg
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, x_label: &str, decades: (i32, i32)) {
        let x = |count: f64| x(count, decades);
        let step = self.step();
        let most = self.most().max(step);
        let steps = (most / step).ceil();
        let y = |value: f64| BOTTOM - (BOTTOM - TOP) * value / (steps * step);

        text(svg, (LEFT, 20.0), "title", "start", self.title);
        for i in 0..=steps as u32 {
            let value = f64::from(i) * step;
            let at = y(value);
            grid(svg, (LEFT, at), (RIGHT, at));
            text(svg, (LEFT - 8.0, at + 4.0), "", "end", &format!("{value}"));
        }
        for decade in decades.0..=decades.1 {
            let count = 10f64.powi(decade);
            grid(svg, (x(count), TOP), (x(count), BOTTOM));
            text(
                svg,
                (x(count), BOTTOM + 18.0),
                "",
                "middle",
                &grouped(count),
            );
        }
        text(
            svg,
            ((LEFT + RIGHT) / 2.0, BOTTOM + 38.0),
            "",
            "middle",
            x_label,
        );
        for (i, series) in self.series.iter().enumerate() {
            series.draw(svg, i, (x, y));
            if self.series.len() > 1 {
                series.draw_key(svg, i);
            }
        }
    }

    fn most(&self) -> f64 {
        let points = self.series.iter().flat_map(|series| &series.points);
        points.map(|(_, value)| *value).fold(0.0, f64::max)
    }

    /// The distance of grid lines: 1, 2 or 5 times a power of ten, so that there are at most six.
    fn step(&self) -> f64 {
        let raw = self.most().max(1.0) / 6.0;
        let power = 10f64.powf(raw.log10().floor());
        let times = [1.0, 2.0, 5.0, 10.0];
        let times = times.iter().find(|times| *times * power >= raw);
        times.unwrap_or(&10.0) * power
    }
}

impl Series {
    fn draw(
        &self,
        svg: &mut String,
        class: usize,
        (x, y): (impl Fn(f64) -> f64, impl Fn(f64) -> f64),
    ) {
        let points: Vec<_> = self.points.iter().map(|&(n, v)| (x(n), y(v), v)).collect();
        let path: Vec<_> = points
            .iter()
            .map(|(x, y, _)| format!("{x:.1} {y:.1}"))
            .collect();
        line(
            svg,
            &format!("<path class=\"s{class}\" d=\"M {}\"/>", path.join(" L ")),
        );
        for &(x, y, value) in &points {
            mark(svg, (x, y), class);
            // Those of the second series lie below its points.
            let label = if class == 1 { y + 18.0 } else { y - 9.0 };
            text(svg, (x, label), "value", "middle", &short(value));
        }
    }

    fn draw_key(&self, svg: &mut String, class: usize) {
        let key = (LEFT + 6.0 + 90.0 * class as f64, 35.0);
        mark(svg, key, class);
        text(svg, (key.0 + 9.0, key.1 + 4.0), "", "start", self.name);
    }
}

fn x(count: f64, decades: (i32, i32)) -> f64 {
    let (first, last) = (f64::from(decades.0), f64::from(decades.1));
    let share = (count.log10() - first) / (last - first);
    LEFT + MARGIN + (RIGHT - LEFT - 2.0 * MARGIN) * share
}

fn mark(svg: &mut String, (x, y): (f64, f64), class: usize) {
    let shape = match class {
        0 => format!("<circle class=\"p{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
        1 => {
            let (x, y) = (x - 3.5, y - 3.5);
            format!("<rect class=\"p{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"7\" height=\"7\"/>")
        }
        _ => {
            let (left, right, bottom, top) = (x - 4.5, x + 4.5, y + 3.5, y - 4.5);
            format!(
                "<polygon class=\"p{class}\" points=\"{left:.1},{bottom:.1} {right:.1},{bottom:.1} {x:.1},{top:.1}\"/>"
            )
        }
    };
    line(svg, &shape);
}

fn grid(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let ends = format!("x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"");
    line(svg, &format!("<line class=\"grid\" {ends}/>"));
}

fn text(svg: &mut String, (x, y): (f64, f64), class: &str, anchor: &str, words: &str) {
    let attributes =
        format!("x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"{anchor}\"");
    line(svg, &format!("<text {attributes}>{words}</text>"));
}

fn line(svg: &mut String, words: &str) {
    writeln!(svg, "{words}").expect("a string takes everything");
}

/// Two digits at least.
fn short(value: f64) -> String {
    match value < 10.0 {
        true => format!("{value:.1}"),
        false => format!("{value:.0}"),
    }
}

/// With commas between thousands.
fn grouped(count: f64) -> String {
    let digits = format!("{count:.0}");
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;")
}

/// Where and when it was measured.
pub(crate) fn caption() -> Result<String, Box<dyn Error>> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| {
        rest.trim_start_matches([' ', '\t', ':'])
    });
    let date = String::from_utf8(Command::new("date").arg("-I").output()?.stdout)?;
    let version = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "Bident {version}, {model}, {}, medians over fresh processes",
        date.trim()
    ))
}
