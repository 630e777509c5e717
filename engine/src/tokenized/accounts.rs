//! The ledger's own business: accounts are opened, funded, put on hold and closed by people.

use paceline_domain::account::{
    self, Account, Closure, Command, Movement, Opening, Profile, Purpose, Rejection,
};
use paceline_domain::ids::{AccountId, AssociationId, MovementId};
use paceline_domain::link;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::name::{self, Holder, Identifier};
use paceline_domain::text::Text;

use crate::engine::Engine;
use crate::entity::{Accounts, Links, Names, hashed};
use crate::error::EngineError;
use crate::ledger;
use crate::secret::Secret;

/// An account that is to be opened.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: AccountId,
    pub currency: CurrencyCode,
    pub profile: Profile,
    /// What the customer signs in with on our page; `None`: not at all.
    pub password: Option<Secret>,
}

/// Why nothing was done to an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error("another account has {0:?}")]
    NameTaken(Identifier),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Engine {
    /// Opens an account. What the customer is known by is the account's alone from then on.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was opened then.
    pub async fn open_account(&self, wanted: NewAccount) -> Result<Account, AccountError> {
        let NewAccount { id, currency, profile, password } = wanted;
        if self.account(&id).await.is_some() {
            return Err(Rejection::OpenAlready.into());
        }
        let password = match password {
            Some(password) => Some(ledger::hash(&self.0.world, password).await?),
            None => None,
        };
        self.take_names(&id, &profile).await?;
        let at = self.0.world.now();
        let opening = Opening { id: id.clone(), currency, profile, password, at };
        self.tell_account(&id, Command::Open(Box::new(opening))).await
    }

    /// Puts money on an account.
    ///
    /// - `movement`: the operator's name for it; the same one moves money once.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn fund_account(
        &self,
        account: &AccountId,
        movement: &str,
        amount: Micros,
        currency: CurrencyCode,
        source: Text,
    ) -> Result<Account, AccountError> {
        let id = MovementId(hashed(&["funding", account.as_str(), movement]));
        let (purpose, now) = (Purpose::Funding(source), self.0.world.now());
        let movement = Movement { id, purpose, amount, currency, now };
        self.tell_account(account, Command::Move(movement)).await
    }

    /// Nothing moves on the account until it is released.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn hold_account(&self, account: &AccountId) -> Result<Account, AccountError> {
        self.tell_account(account, Command::Hold { now: self.0.world.now() }).await
    }

    /// # Errors
    /// [`AccountError`].
    pub async fn release_account(&self, account: &AccountId) -> Result<Account, AccountError> {
        self.tell_account(account, Command::Release { now: self.0.world.now() }).await
    }

    /// Closes an account for good. What is on it stays there.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn close_account(
        &self,
        account: &AccountId,
        why: Closure,
    ) -> Result<Account, AccountError> {
        self.tell_account(account, Command::Close { why, now: self.0.world.now() }).await
    }

    /// The account as it is, if there is one.
    pub async fn account(&self, account: &AccountId) -> Option<Account> {
        self.tell_account(account, Command::Look).await.ok()
    }

    /// The customer revokes a link: its token is not spent from any more.
    ///
    /// # Errors
    /// [`link::Rejection::Unknown`].
    pub async fn invalidate_link(
        &self,
        association: &AssociationId,
    ) -> Result<link::Linked, link::Rejection> {
        let stream = Names::association(association);
        let holder = self.ask_inside::<Names>(stream, name::Command::Look).await;
        let Ok(Some(Holder::Link(id))) = holder else { return Err(link::Rejection::Unknown) };
        let invalidate = link::Command::Invalidate { now: self.0.world.now() };
        self.ask_inside::<Links>(Links::stream(id), invalidate).await.facts()
    }

    async fn tell_account(
        &self,
        id: &AccountId,
        command: account::Command,
    ) -> Result<Account, AccountError> {
        Ok(self.ask_inside::<Accounts>(Accounts::stream(id), command).await?)
    }

    /// All of them or none. They are the account's before it is there, so that a crash in between
    /// leaves nothing that the next try does not mend.
    async fn take_names(&self, id: &AccountId, profile: &Profile) -> Result<(), AccountError> {
        let mut taken = vec![];
        for who in identifiers(profile) {
            let take = name::Command::Take(Holder::Account(id.clone()));
            if self.ask_inside::<Names>(Names::customer(&who), take).await.is_ok() {
                taken.push(who);
                continue;
            }
            for mine in &taken {
                let give_back = name::Command::GiveBack(Holder::Account(id.clone()));
                let _ = self.ask_inside::<Names>(Names::customer(mine), give_back).await;
            }
            return Err(AccountError::NameTaken(who));
        }
        Ok(())
    }
}

fn identifiers(profile: &Profile) -> Vec<Identifier> {
    let Profile { email, phone, vpa, .. } = profile.clone();
    let email = email.map(Identifier::Email);
    let phone = phone.map(Identifier::Phone);
    email.into_iter().chain(phone).chain(vpa.map(Identifier::Vpa)).collect()
}
