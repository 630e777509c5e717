//! The days and months of the calendar, in UTC.
//!
//! Why: a card is good until the end of a month, and an acquirer reference number tells its day.
//! Source: the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.

use paceline_domain::time::Timestamp;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// The first moment of a month.
///
/// - `month`: 1 to 12.
pub(crate) fn month_begins(year: u16, month: u8) -> Timestamp {
    Timestamp(days_before(year, month).saturating_mul(DAY_MILLIS))
}

/// The year, and the day in it, from 1.
pub(crate) fn day_of_year(at: Timestamp) -> (u16, u16) {
    let days = at.0 / DAY_MILLIS;
    // A year has at least 365 days, so this is never too low.
    let latest = u16::try_from(1970 + days / 365).unwrap_or(u16::MAX);
    let year = (1970..=latest).rev().find(|year| days_before(*year, 1) <= days).unwrap_or(1970);
    let day = (days - days_before(year, 1)).min(365) + 1;
    (year, u16::try_from(day).expect("a year has at most 366 days"))
}

/// Days from 1970 to the first of a month; none for what was before.
fn days_before(year: u16, month: u8) -> u64 {
    let (year, month) = (u64::from(year), u64::from(month));
    // January and February are the end of the year before, so that a leap day is the last of all.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_year = (153 * month + 2) / 5;
    let since_year_0 = 365 * year + year / 4 - year / 100 + year / 400 + in_year;
    since_year_0.saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_when_they_do() {
        let begins = |year, month| month_begins(year, month).0;
        assert_eq!(begins(1970, 1), 0);
        assert_eq!(begins(2000, 3), 951_868_800_000);
        assert_eq!(begins(2024, 2), 1_706_745_600_000);
        assert_eq!(begins(2024, 3) - begins(2024, 2), 29 * DAY_MILLIS);
        assert_eq!(begins(2100, 3) - begins(2100, 2), 28 * DAY_MILLIS);
        assert_eq!(begins(2028, 5), 1_840_752_000_000);
    }

    #[test]
    fn days_are_counted_from_new_year() {
        assert_eq!(day_of_year(Timestamp(0)), (1970, 1));
        assert_eq!(day_of_year(Timestamp(1_735_689_599_999)), (2024, 366));
        assert_eq!(day_of_year(Timestamp(1_735_689_600_000)), (2025, 1));
        assert_eq!(day_of_year(Timestamp(1_758_024_600_137)), (2025, 259));
    }
}
