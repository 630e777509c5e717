//! Any commands in any order: money is conserved at each event, refunds stay within what was
//! captured, proofs are used once, and replaying the events rebuilds the state.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use std::sync::Arc;

use machine::*;
use paceline_domain::account::{self, Closure, Movement, Opening, Profile, Purpose, legs};
use paceline_domain::asked::Hidden;
use paceline_domain::challenge::{self, Proof, Use};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{ChallengeId, MovementId, PaymentId, RefundId, UseId};
use paceline_domain::money::Micros;
use paceline_domain::payment::{self, AskRefund, Flow, Part, Pay, Terms};
use paceline_domain::time::Timestamp;
use proptest::prelude::*;

fn account_command() -> impl Strategy<Value = account::Command> {
    use account::Command;
    let purposes = prop_oneof![
        Just(Purpose::Capture(piaid())),
        Just(Purpose::Refund(piaid())),
        Just(Purpose::Disbursement(piaid())),
        Just(Purpose::Funding(text("cash"))),
    ];
    let moved = (0u128..6, purposes, prop_oneof![-2i64..40, Just(i64::MAX)]);
    prop_oneof![
        8 => moved.prop_map(|(id, purpose, amount)| Command::Move(Movement {
            id: MovementId(id),
            purpose,
            amount: Micros(amount),
            currency: usd(),
            now: NOW,
        })),
        2 => (0u128..6).prop_map(|id| Command::Forget { movement: MovementId(id) }),
        1 => Just(Command::Hold { now: NOW }),
        1 => Just(Command::Release { now: NOW }),
        1 => Just(Command::Close { why: Closure::Fraud, now: NOW }),
        1 => Just(Command::Open(Box::new(opening()))),
    ]
}

fn opening() -> Opening {
    let (id, profile) = (account_id("sally"), Profile::default());
    Opening { id, currency: usd(), profile, password: None, at: NOW }
}

fn payment_command() -> impl Strategy<Value = payment::Command> {
    use payment::Command;
    let flows = [Flow::Capture, Flow::CaptureLater, Flow::Disbursement];
    let outcome = prop_oneof![Just(Ok(())), Just(Err(Decline::RiskDeclined))];
    let part =
        prop_oneof![Just(Part::Payment), (0u128..5).prop_map(|id| Part::Refund(RefundId(id)))];
    prop_oneof![
        1 => (0..3usize, 1i64..30).prop_map(move |(flow, amount)| Command::Pay(Box::new(Pay {
            id: PaymentId(1),
            terms: Terms {
                flow: flows[flow],
                integrator: piaid(),
                request: request("cap:1"),
                account: account_id("sally"),
                association: None,
                amount: Micros(amount),
                currency: usd(),
                description: text("d"),
            },
            proof: None,
            barred: None,
            now: NOW,
            asked: None,
        }))),
        4 => (0u128..5, -1i64..20).prop_map(|(id, amount)| Command::Refund(AskRefund {
            id: RefundId(id),
            request: request(&format!("ref:{id}")),
            amount: Micros(amount),
            currency: usd(),
            now: NOW,
            asked: None,
        })),
        4 => (part.clone(), outcome)
            .prop_map(|(part, outcome)| Command::Concluded { part, outcome, now: NOW }),
        1 => part.clone().prop_map(|part| Command::LeaveAsker { part }),
        2 => part.prop_map(|part| Command::ConfirmSettled { part }),
    ]
}

fn use_command() -> impl Strategy<Value = challenge::Command> {
    (0u128..8, any::<bool>(), 0u64..3).prop_map(|(by, right, minutes)| {
        let hash = Hidden(Arc::from(if right { [1u8] } else { [2] }.as_slice()));
        let proof = Proof::Password { challenge: ChallengeId(1), hash };
        let now = Timestamp(NOW.0 + minutes * 60_000);
        let (account, association) = (None, None);
        challenge::Command::Use(Use {
            by: UseId(by),
            proof,
            account,
            association,
            tries_max: 3,
            now,
        })
    })
}

proptest! {
    #[test]
    fn the_ledger_comes_to_nothing_at_every_event(
        commands in prop::collection::vec(account_command(), 0..60),
    ) {
        let mut account = Machine::new(account::decide, account::apply);
        let (mut sum, mut customers) = (Micros::ZERO, Micros::ZERO);
        for command in commands {
            let Ok(events) = account.give(command) else { continue };
            for [customer, other] in events.iter().filter_map(legs) {
                sum = sum + customer.1 + other.1;
                customers = customers + customer.1;
            }
            prop_assert_eq!(sum, Micros::ZERO);
            let balance = account.state.as_ref().map_or(Micros::ZERO, |account| account.balance);
            prop_assert_eq!(balance, customers);
            prop_assert!(balance >= Micros::ZERO);
        }
    }

    #[test]
    fn refunds_never_exceed_what_was_captured(
        commands in prop::collection::vec(payment_command(), 0..60),
    ) {
        let mut payment = Machine::new(payment::decide, payment::apply);
        for command in commands {
            let _ = payment.give(command); // refused or not, the books must be right
            let Some(state) = &payment.state else { continue };
            let given: i64 = state
                .refunds
                .values()
                .filter(|refund| refund.course.progress.outcome() == Some(Ok(())))
                .map(|refund| refund.amount.0)
                .sum();
            prop_assert!(given <= state.captured().0);
            prop_assert_eq!(payment::owes(&payment.state), !payment::pending(&payment.state).is_empty());
        }
    }

    #[test]
    fn a_password_is_used_by_one_request_and_tried_a_few_times(
        commands in prop::collection::vec(use_command(), 0..40),
    ) {
        let mut challenge = Machine::new(challenge::decide, challenge::apply);
        let sending = challenge::Sending {
            id: ChallengeId(1),
            phone: text("+1"),
            matching_token: text("t"),
            proving: challenge::Proving {
                account: account_id("sally"),
                association: None,
                password: Some(Hidden(Arc::from([1u8].as_slice()))),
                expires_at: Timestamp(NOW.0 + 120_000),
            },
            asked: None,
        };
        let send = challenge::Send { id: ChallengeId(1), to: Ok(sending), now: NOW };
        challenge.give(challenge::Command::Send(Box::new(send))).unwrap();
        let mut users = std::collections::BTreeSet::new();
        for command in commands {
            let challenge::Command::Use(using) = &command else { unreachable!() };
            let by = using.by;
            let given = challenge.give(command);
            let state = challenge.state.as_ref().unwrap();
            if given.is_ok() && state.outcome(by).is_ok() {
                users.insert(by);
            }
            prop_assert!(users.len() <= 1);
            prop_assert!(state.tried.len() <= challenge::TRIES_MAX);
        }
    }
}
