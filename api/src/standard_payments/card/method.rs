//! The methods of the card family that Google calls.

/// One of them. The path is `<base path>/v1/<service>/<word>`, or `<base path>/v1/<word>` in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Echo,
    ReserveFunds,
    AsynchronousCaptureFundsReservation,
    AsynchronousCancelFundsReservation,
    Capture,
    VerifyCardWithMinimumReservation,
    AsynchronousRefund,
    DefendChargeback,
}

impl Method {
    pub const ALL: [Self; 8] = [
        Self::Echo,
        Self::ReserveFunds,
        Self::AsynchronousCaptureFundsReservation,
        Self::AsynchronousCancelFundsReservation,
        Self::Capture,
        Self::VerifyCardWithMinimumReservation,
        Self::AsynchronousRefund,
        Self::DefendChargeback,
    ];

    /// As it stands in the path.
    ///
    /// # Source
    /// Standard Payments, card form of payment, version 1: integrator-hosted methods.
    pub fn word(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::ReserveFunds => "reserveFunds",
            Self::AsynchronousCaptureFundsReservation => "asynchronousCaptureFundsReservation",
            Self::AsynchronousCancelFundsReservation => "asynchronousCancelFundsReservation",
            Self::Capture => "capture",
            Self::VerifyCardWithMinimumReservation => "verifyCardWithMinimumReservation",
            Self::AsynchronousRefund => "asynchronousRefund",
            Self::DefendChargeback => "defendChargeback",
        }
    }

    /// In keys, metrics and lines of the log, where the tokenized family has a `capture`, too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "card/echo",
            Self::ReserveFunds => "card/reserveFunds",
            Self::AsynchronousCaptureFundsReservation => "card/asynchronousCaptureFundsReservation",
            Self::AsynchronousCancelFundsReservation => "card/asynchronousCancelFundsReservation",
            Self::Capture => "card/capture",
            Self::VerifyCardWithMinimumReservation => "card/verifyCardWithMinimumReservation",
            Self::AsynchronousRefund => "card/asynchronousRefund",
            Self::DefendChargeback => "card/defendChargeback",
        }
    }

    /// - `path`: what follows the version.
    pub fn named(path: &str) -> Option<Self> {
        let is = |word: &str| Self::ALL.into_iter().find(|method| method.word() == word);
        match path.split_once('/') {
            None => is(path),
            Some((service, word)) => is(word).filter(|method| method.service() == Some(service)),
        }
    }

    /// Which of Google's service names its path carries.
    fn service(self) -> Option<&'static str> {
        match self {
            Self::Echo => None,
            Self::DefendChargeback => Some("payment-integrator-dispute-api"),
            _ => Some("payment-integrator-card-fop-api"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_name_is_its_word_in_its_family() {
        for method in Method::ALL {
            assert_eq!(method.name(), format!("card/{}", method.word()));
        }
    }

    #[test]
    fn a_method_is_found_at_its_whole_path_and_at_its_short_one() {
        for (path, method) in [
            ("payment-integrator-card-fop-api/capture", Some(Method::Capture)),
            ("capture", Some(Method::Capture)),
            ("payment-integrator-dispute-api/defendChargeback", Some(Method::DefendChargeback)),
            ("defendChargeback", Some(Method::DefendChargeback)),
            ("echo", Some(Method::Echo)),
            ("payment-integrator-dispute-api/capture", None),
            ("payment-integrator-card-fop-api/defendChargeback", None),
            ("payment-integrator-card-fop-api/echo", None),
            ("payment-integrator-card-fop-api/x/capture", None),
            ("/echo", None),
            ("/capture", None),
            ("", None),
        ] {
            assert_eq!(Method::named(path), method, "{path}");
        }
    }
}
