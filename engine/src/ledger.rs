//! The embedded bank: customers' accounts that the engine keeps itself.
//!
//! Why: whoever has no core banking system, or tries Paceline out, needs a ledger that keeps the
//! promises of a bank. It is one: each account is an entity, and what it says is on disk.
//! Left out: everything that a bank does besides keeping accounts.

use std::sync::{Arc, Weak};

use paceline_domain::account::{self, Account, Movement, Purpose, Rejection};
use paceline_domain::asked::Hidden;
use paceline_domain::ids::{AccountId, MovementId};
use paceline_domain::link::Customer;
use paceline_domain::name::{self, Holder, Identifier};
use paceline_domain::payment::Direction;
use paceline_storage::EventLog;
use ring::pbkdf2;
use tokio::sync::Semaphore;

use crate::bank::{Answer, Asking, Bank, Transfer, Unavailable};
use crate::dispatch::{Known, ask};
use crate::entity::{Accounts, Names};
use crate::error::EngineError;
use crate::limits::{PASSWORD_ROUNDS, PASSWORDS_COMPARED_MAX};
use crate::secret::Secret;
use crate::world::World;

pub(crate) struct Ledger {
    world: Weak<World>,
    /// One permit for each password that is being compared.
    comparing: Arc<Semaphore>,
}

impl Ledger {
    /// - `world`: which has this ledger, so that this does not have the world.
    pub fn new(world: Weak<World>) -> Self {
        Self { world, comparing: Arc::new(Semaphore::new(PASSWORDS_COMPARED_MAX)) }
    }

    /// `None` if the process is going down.
    fn world(&self) -> Result<Arc<World>, Unavailable> {
        self.world.upgrade().ok_or(Unavailable)
    }

    async fn account(&self, who: &Identifier) -> Result<Option<Account>, Unavailable> {
        let world = self.world()?;
        let id = match who {
            Identifier::Account(id) => id.clone(),
            Identifier::Phone(_) | Identifier::Email(_) | Identifier::Vpa(_) => {
                let stream = Names::customer(who);
                let look = name::Command::Look;
                match ask::<Names>(&world, stream, look, None, Known::Perhaps).await {
                    Ok(Some(Holder::Account(id))) => id,
                    _ => return Ok(None),
                }
            }
        };
        let (stream, look) = (Accounts::stream(&id), account::Command::Look);
        Ok(ask::<Accounts>(&world, stream, look, None, Known::Perhaps).await.ok())
    }

    async fn move_money(&self, transfer: Transfer) -> Answer {
        let Ok(world) = self.world() else { return Answer::Unknown };
        let Transfer { id, account, integrator, direction, amount, currency, .. } = transfer;
        let purpose = match direction {
            Direction::Capture => Purpose::Capture(integrator),
            Direction::Refund => Purpose::Refund(integrator),
            Direction::Disbursement => Purpose::Disbursement(integrator),
        };
        let movement = Movement { id, purpose, amount, currency, now: world.now() };
        let (stream, movement) = (Accounts::stream(&account), account::Command::Move(movement));
        match ask::<Accounts>(&world, stream, movement, None, Known::Perhaps).await {
            Ok(_) => Answer::Approved,
            Err(Rejection::Declined(account::DeclineOf(why))) => Answer::Declined(why),
            Err(error) => {
                // It concludes nothing: the payment stays open, for an operator to look at.
                tracing::error!(%account, movement = %id, %error, "a movement makes no sense");
                Answer::Unknown
            }
        }
    }
}

impl Bank for Ledger {
    fn find<'a>(
        &'a self,
        who: &'a Identifier,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        Box::pin(async move { Ok(self.account(who).await?.map(customer)) })
    }

    fn sign_in<'a>(
        &'a self,
        who: &'a Identifier,
        password: &'a Secret,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        Box::pin(async move {
            let (world, account) = (self.world()?, self.account(who).await?);
            let kept = account.as_ref().and_then(|account| account.password.clone());
            let given = password.clone();
            let permit = Arc::clone(&self.comparing).acquire_owned().await;
            let permit = permit.map_err(|_closed| Unavailable)?;
            // Whoever asked may have left; the thread is busy all the same.
            let compare = move |_: &dyn EventLog| {
                let right = is_right(kept, &given);
                drop(permit);
                right
            };
            let right = world.read(compare).await.ok_or(Unavailable)?;
            Ok(account.filter(|_| right).map(customer))
        })
    }

    fn debit(&self, transfer: Transfer) -> Asking<'_, Answer> {
        Box::pin(self.move_money(transfer))
    }

    fn credit(&self, transfer: Transfer) -> Asking<'_, Answer> {
        Box::pin(self.move_money(transfer))
    }

    fn forget<'a>(&'a self, account: &'a AccountId, movement: MovementId) -> Asking<'a, ()> {
        Box::pin(async move {
            let Ok(world) = self.world() else { return };
            let (stream, forget) =
                (Accounts::stream(account), account::Command::Forget { movement });
            let _ = ask::<Accounts>(&world, stream, forget, None, Known::Perhaps).await;
        })
    }
}

fn customer(account: Account) -> Customer {
    let Account { id, standing, profile, .. } = account;
    Customer { account: id, standing, profile }
}

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What is kept of a password: a salt and the slow hash of both.
pub(crate) async fn hash(world: &World, password: Secret) -> Result<Hidden, EngineError> {
    let salt = world.surroundings.unguessable().to_be_bytes();
    let hashing = world.read(move |_| {
        let mut kept = [0; SALT_BYTES + HASH_BYTES];
        kept[..SALT_BYTES].copy_from_slice(&salt);
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            PASSWORD_ROUNDS,
            &salt,
            password.expose(),
            &mut kept[SALT_BYTES..],
        );
        Hidden(Arc::from(kept.as_slice()))
    });
    hashing.await.ok_or(EngineError::Stopped)
}

/// Nobody's password is compared with as much effort as somebody's.
fn is_right(kept: Option<Hidden>, given: &Secret) -> bool {
    let kept = kept.filter(|kept| kept.0.len() == SALT_BYTES + HASH_BYTES);
    let nobody = [0; SALT_BYTES + HASH_BYTES];
    let (salt, hash) = kept.as_ref().map_or(&nobody[..], |kept| &kept.0).split_at(SALT_BYTES);
    let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
    let right = pbkdf2::verify(algorithm, PASSWORD_ROUNDS, salt, given.expose(), hash).is_ok();
    right && kept.is_some()
}
