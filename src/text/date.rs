//! Seconds since 1970 as dates in UTC.

/// Returns the day as `YYYY-MM-DD`, by Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>). Times beyond the
/// year 5000 or so are drawn to it.
///
/// ```
/// assert_eq!(tightlip::text::date::day(0), "1970-01-01");
/// assert_eq!(tightlip::text::date::day(951_782_400), "2000-02-29");
/// ```
#[must_use]
pub fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400).clamp(-700_000, 1_200_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Returns the moment as `YYYY-MM-DDTHH:MM:SSZ`.
///
/// ```
/// assert_eq!(tightlip::text::date::moment(1), "1970-01-01T00:00:01Z");
/// ```
#[must_use]
pub fn moment(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", day(seconds))
}

/// Returns the seconds since 1970 of a moment as [`moment`] writes it, by Howard Hinnant's `days_from_civil`.
///
/// ```
/// use tightlip::text::date::seconds;
/// assert_eq!(seconds("2000-02-29T00:00:01Z"), Some(951_782_401));
/// assert_eq!((seconds("2000-02-29"), seconds("2000-02-29T00:00:61Z")), (None, None));
/// ```
#[must_use]
pub fn seconds(moment_text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let part = moment_text.get(range)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let (year, month, of_month) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let year = if month <= 2 { year - 1 } else { year };
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * shifted + 2) / 5 + of_month - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let all = days * 86_400 + hour * 3_600 + minute * 60 + second;
    // A moment that does not exist is written another way.
    (moment(all) == moment_text).then_some(all)
}

/// Whether text is a day of the form `YYYY-MM-DD`.
///
/// ```
/// use tightlip::text::date::is_day;
/// assert!(is_day("2024-02-29"));
/// assert!(!is_day("2023-02-29") && !is_day("2024-2-9") && !is_day("soon"));
/// ```
#[must_use]
pub fn is_day(text: &str) -> bool {
    let parts: Vec<Option<i64>> = text
        .split('-')
        .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?)
        .collect();
    let &[Some(year), Some(month), Some(of_month)] = &parts[..] else { return false };
    // From one day of the year before, no later day is further than two years.
    let start = (year - 1970) * 365 * 86_400 + (month - 1) * 28 * 86_400;
    text.len() == 10
        && (1..=12).contains(&month)
        && (1..=31).contains(&of_month)
        && (0..1_100).any(|days| day(start + days * 86_400) == text)
}
