//! When secrets came and went: how many in each span of time, and a bar for each secret.

use std::io::{self, Write};

use super::Page;
use super::head::link;
use crate::report::entry::{Entry, Life};
use crate::text::count::count;
use crate::text::date::day;

/// How many spans of time are told apart.
const SPANS: usize = 36;

/// How many secrets have a bar; the most urgent ones.
const BARS: usize = 40;

/// How many bars are shown before the reader asks for more.
const SHOWN_BARS: usize = 12;

/// The width of a drawing in its own units; the browser stretches it.
const WIDTH: f64 = 1000.0;

/// The time from the first commit to the last.
#[derive(Clone, Copy)]
struct Axis {
    start: i64,
    end: i64,
}

impl Axis {
    fn of(lives: &[(usize, Life)]) -> Option<Self> {
        let ends = |life: &Life| [life.came, life.went.unwrap_or(life.came)];
        let times = || lives.iter().flat_map(|(_, life)| ends(life));
        Some(Axis { start: times().min()?, end: times().max()? })
    }

    /// Returns the share of the axis that has passed at a time. Times of commits may be any number.
    fn share(self, time: i64) -> f64 {
        let length = self.end as f64 - self.start as f64;
        if length < 1.0 {
            0.0
        } else {
            ((time as f64 - self.start as f64) / length).clamp(0.0, 1.0)
        }
    }

    fn span(self, time: i64) -> usize {
        // A share is between 0 and 1.
        ((self.share(time) * SPANS as f64) as usize).min(SPANS - 1)
    }

    /// Returns the time at which a share of the axis has passed.
    fn time(self, share: f64) -> i64 {
        (self.start as f64 + share * (self.end as f64 - self.start as f64)) as i64
    }
}

/// Writes the section, if there is a commit that tells a time.
pub(super) fn write(page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let number_and_life = |(number, entry): (usize, &Entry<'_>)| Some((number, entry.life()?));
    let lives: Vec<(usize, Life)> =
        page.entries.iter().enumerate().filter_map(number_and_life).collect();
    let Some(axis) = Axis::of(&lives) else { return Ok(()) };
    writeln!(out, "<section class=\"timeline\"><h2>When they came and went</h2>")?;
    came_and_went(axis, &lives, out)?;
    bars(page, axis, &lives, out)?;
    let without = page.entries.len() - lives.len();
    if without > 0 {
        let secrets = count(without as u64, "secret");
        writeln!(out, "<p class=\"note\">No commit tells the time of {secrets}.</p>")?;
    }
    writeln!(out, "</section>")
}

/// Draws how many came (upwards) and went (downwards) in each span.
fn came_and_went(axis: Axis, lives: &[(usize, Life)], out: &mut dyn Write) -> io::Result<()> {
    let (mut came, mut went) = ([0_usize; SPANS], [0_usize; SPANS]);
    for (_, life) in lives {
        came[axis.span(life.came)] += 1;
        if let Some(time) = life.went {
            went[axis.span(time)] += 1;
        }
    }
    let most = came.iter().chain(&went).copied().max().unwrap_or(1).max(1) as f64;
    let (up, down) = (came.iter().sum::<usize>(), went.iter().sum::<usize>());
    let (start, end) = (day(axis.start), day(axis.end));
    writeln!(
        out,
        "<svg class=\"spans\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"From {start} to {end}, {up} came and {down} went\">"
    )?;
    let width = WIDTH / SPANS as f64;
    for span in 0..SPANS {
        let (came, went) = (came[span], went[span]);
        let x = span as f64 * width;
        let (up, down) = (came as f64 / most * 48.0, went as f64 / most * 48.0);
        let from = day(axis.time(span as f64 / SPANS as f64));
        let until = day(axis.time((span + 1) as f64 / SPANS as f64));
        writeln!(
            out,
            "<g><title>{from} to {until}: {came} came, {went} went</title>\
             <rect class=\"span\" x=\"{x:.1}\" y=\"0\" width=\"{width:.1}\" height=\"100\"/>\
             <rect class=\"came\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{up:.1}\"/>\
             <rect class=\"went\" x=\"{:.1}\" y=\"51\" width=\"{:.1}\" height=\"{down:.1}\"/></g>",
            x + 2.0,
            49.0 - up,
            width - 4.0,
            x + 2.0,
            width - 4.0,
        )?;
    }
    let middle = day(axis.time(0.5));
    writeln!(
        out,
        "<rect class=\"zero\" y=\"49.5\" width=\"1000\" height=\"1\"/></svg>\n\
         <p class=\"axis\" aria-hidden=\"true\"><span>{start}</span><span>{middle}</span>\
         <span>{end}</span></p>"
    )?;
    writeln!(
        out,
        "<p class=\"note\"><span class=\"key came\">came</span> above the line, \
         <span class=\"key went\">went</span> (their last commit) below it. \
         What HEAD still has did not go.</p>"
    )
}

/// Draws from when to when history had each of the most urgent, in the order in which they came.
fn bars(
    page: &Page<'_>,
    axis: Axis,
    lives: &[(usize, Life)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut shown: Vec<(usize, Life)> = lives.iter().take(BARS).copied().collect();
    let middle = shown.len().min(SHOWN_BARS);
    let (first, more) = shown.split_at_mut(middle);
    for part in [&mut *first, &mut *more] {
        part.sort_by_key(|(_, life)| life.came);
    }
    let rows = |lives: &[(usize, Life)], out: &mut dyn Write| -> io::Result<()> {
        writeln!(out, "<ul class=\"lives\">")?;
        for (number, life) in lives {
            bar(page, axis, &page.entries[*number], *life, out)?;
        }
        writeln!(out, "</ul>")
    };
    rows(first, out)?;
    if !more.is_empty() {
        write!(out, "<details><summary>{} more", more.len())?;
        match lives.len().saturating_sub(BARS) {
            0 => writeln!(out, "</summary>")?,
            rest => writeln!(out, "; {rest} others have no bar</summary>")?,
        }
        rows(more, out)?;
        writeln!(out, "</details>")?;
    }
    Ok(())
}

fn bar(
    page: &Page<'_>,
    axis: Axis,
    entry: &Entry<'_>,
    life: Life,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (start, end) =
        (axis.share(life.came) * WIDTH, life.went.map_or(1.0, |went| axis.share(went)) * WIDTH);
    // A secret of one commit is a mark that can be seen, at the very end of the axis, too.
    let width = (end - start).max(8.0);
    let x = start.min(WIDTH - width);
    let dates = match life.went {
        None => format!("{} to HEAD", day(life.came)),
        Some(went) if day(went) == day(life.came) => day(went),
        Some(went) => format!("{} to {}", day(life.came), day(went)),
    };
    writeln!(
        out,
        "<li>{}<svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"1000\" height=\"10\"/>\
         <rect class=\"life {}\" x=\"{x:.1}\" width=\"{width:.1}\" height=\"10\"/></svg>\
         <small>{dates}</small></li>",
        link(page, entry),
        entry.exposure.name(),
    )
}

#[cfg(test)]
mod tests {
    use super::{Axis, Life, SPANS};

    #[test]
    fn an_axis_holds_times_of_any_kind() {
        for (came, went) in [(0, None), (5, Some(5)), (i64::MIN, Some(i64::MAX)), (-1, Some(-9))] {
            let axis = Axis::of(&[(0, Life { came, went })]).unwrap();
            for time in [came, went.unwrap_or(came), i64::MIN, 0, i64::MAX] {
                assert!((0.0..=1.0).contains(&axis.share(time)), "{came} {went:?} {time}");
                assert!(axis.span(time) < SPANS);
            }
        }
        assert!(Axis::of(&[]).is_none());
    }
}
