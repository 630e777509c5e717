//! Fulfillment as it is asked for, in the shapes of every dialect.

use paceline_domain::ids::{GroupId, LineId, MethodId};
use paceline_domain::market::Address;
use paceline_domain::session::{
    Change, DESTINATIONS_MAX, DestinationWanted, GroupWanted, LINES_MAX, MethodKind, MethodWanted,
};
use paceline_domain::text::Text;

use super::{Asked, foreign, text, words};
use crate::ucp::body::{
    AddressBody, DestinationBody, Few, FulfillmentBody, GroupBody, LineBody, Member, MethodBody,
    Object, Word,
};
use crate::ucp::error::Malformed;
use crate::ucp::path::Path;

pub(super) fn methods(
    body: Member<Object<FulfillmentBody<'_>>>,
    lines: &Member<Few<Object<LineBody<'_>>, LINES_MAX>>,
    asked: Asked,
    path: &Path<'_>,
) -> Result<Change<Vec<MethodWanted>>, Malformed> {
    let bodies = match body {
        Member::Absent => return Ok(Change::Keep),
        Member::Null => vec![],
        Member::Given(Object(body)) => body.methods.given().unwrap_or_default().0,
    };
    let path = path.member("methods");
    if bodies.is_empty() {
        return Ok(Change::Clear);
    }
    let lines = match (asked, lines) {
        (Asked::Update, _) => LineNames::Ours,
        (Asked::Create, _) if bodies.len() == 1 => LineNames::All,
        (Asked::Create, Member::Given(Few(lines))) => LineNames::Theirs(lines),
        (Asked::Create, Member::Absent | Member::Null) => LineNames::Theirs(&[]),
    };
    let wanted = |(index, Object(body))| method(body, &lines, asked, &path.item(index));
    bodies.into_iter().enumerate().map(wanted).collect::<Result<_, _>>().map(Change::Set)
}

/// What a name in `line_item_ids` stands for.
enum LineNames<'a> {
    /// Ids that were given in an earlier answer.
    Ours,
    /// With one method it does not matter: all lines are meant.
    All,
    /// No id was given yet. Callers name lines as they will be called, or in words of their own.
    Theirs(&'a [Object<LineBody<'a>>]),
}

impl LineNames<'_> {
    fn resolve(
        &self,
        Few(names): Few<Word<'_>, LINES_MAX>,
        path: &Path<'_>,
    ) -> Result<Option<Vec<LineId>>, Malformed> {
        let one = |(index, Word(name)): (usize, Word<'_>)| {
            let path = path.item(index);
            match self {
                Self::Ours => LineId::parse(&name).map_err(|_| foreign(&path, "line item")),
                Self::Theirs(lines) => {
                    position(lines, &name).ok_or_else(|| foreign(&path, "line item"))
                }
                Self::All => unreachable!("all lines are meant, whatever they are called"),
            }
        };
        match self {
            Self::All => Ok(None),
            Self::Ours | Self::Theirs(_) if names.len() > LINES_MAX => Err(Malformed::invalid(
                path,
                format!("at most {LINES_MAX} line items can be named"),
            )),
            Self::Ours | Self::Theirs(_) => {
                names.into_iter().enumerate().map(one).collect::<Result<_, _>>().map(Some)
            }
        }
    }
}

/// The id that the line so called is about to get: by the caller's own id, by `line_N` for the
/// N-th, or by its product, as some of the protocol's samples do.
fn position(lines: &[Object<LineBody<'_>>], name: &str) -> Option<LineId> {
    let called =
        |Object(line): &Object<LineBody<'_>>| line.id.as_ref().is_some_and(|Word(id)| id == name);
    let sells = |Object(line): &Object<LineBody<'_>>| line.item.0.id.0 == name;
    let numbered = || {
        let LineId(number) = LineId::parse(name).ok()?;
        usize::from(number).checked_sub(1).filter(|index| *index < lines.len())
    };
    let index = lines.iter().position(called).or_else(numbered);
    let index = index.or_else(|| lines.iter().position(sells))?;
    u16::try_from(index + 1).ok().map(LineId)
}

fn method(
    body: MethodBody<'_>,
    lines: &LineNames<'_>,
    asked: Asked,
    path: &Path<'_>,
) -> Result<MethodWanted, Malformed> {
    let id = body.id.filter(|_| asked == Asked::Update);
    let unknown = || foreign(&path.member("id"), "fulfillment method");
    Ok(MethodWanted {
        id: id.map(|Word(id)| MethodId::parse(&id).map_err(|_| unknown())).transpose()?,
        kind: body.kind.map(|kind| self::kind(&kind, &path.member("type"))).transpose()?,
        lines: match body.line_item_ids {
            Some(names) => lines.resolve(names, &path.member("line_item_ids"))?,
            None => None,
        },
        destinations: destinations(body.destinations, &path.member("destinations"))?,
        selected_destination: selection(
            body.selected_destination_id,
            &path.member("selected_destination_id"),
        )?,
        groups: groups(body.groups, asked, &path.member("groups"))?,
    })
}

fn kind(Word(kind): &Word<'_>, path: &Path<'_>) -> Result<MethodKind, Malformed> {
    match kind.as_ref() {
        "shipping" => Ok(MethodKind::Shipping),
        "pickup" => Ok(MethodKind::Pickup),
        _ => Err(Malformed::invalid(path, "a fulfillment method is `shipping` or `pickup`")),
    }
}

fn destinations(
    body: Member<Few<Object<DestinationBody<'_>>, DESTINATIONS_MAX>>,
    path: &Path<'_>,
) -> Result<Option<Vec<DestinationWanted>>, Malformed> {
    let bodies = match body {
        Member::Absent => return Ok(None),
        Member::Null => vec![],
        Member::Given(Few(bodies)) => bodies,
    };
    let wanted = |(index, Object(body))| destination(body, &path.item(index));
    bodies.into_iter().enumerate().map(wanted).collect::<Result<_, _>>().map(Some)
}

/// The address lies flat beside the id, or, for a place, inside.
fn destination(body: DestinationBody<'_>, path: &Path<'_>) -> Result<DestinationWanted, Malformed> {
    let id = text(body.id, &path.member("id"))?;
    let address = match body.address {
        Member::Given(Object(inside)) => address(inside, &path.member("address"))?,
        Member::Absent | Member::Null => {
            let flat = AddressBody {
                street_address: body.street_address,
                extended_address: body.extended_address,
                address_locality: body.address_locality,
                address_region: body.address_region,
                address_country: body.address_country,
                country: body.country,
                postal_code: body.postal_code,
                first_name: body.first_name,
                last_name: body.last_name,
                full_name: body.full_name,
                phone_number: body.phone_number,
            };
            address(flat, path)?
        }
    };
    Ok(DestinationWanted { id, address })
}

pub(super) fn address(body: AddressBody<'_>, path: &Path<'_>) -> Result<Address, Malformed> {
    let alias = text(body.country, &path.member("country"))?;
    Ok(Address {
        street_address: text(body.street_address, &path.member("street_address"))?,
        extended_address: text(body.extended_address, &path.member("extended_address"))?,
        locality: text(body.address_locality, &path.member("address_locality"))?,
        region: text(body.address_region, &path.member("address_region"))?,
        country: text(body.address_country, &path.member("address_country"))?.or(alias),
        postal_code: text(body.postal_code, &path.member("postal_code"))?,
        first_name: text(body.first_name, &path.member("first_name"))?,
        last_name: text(body.last_name, &path.member("last_name"))?,
        full_name: text(body.full_name, &path.member("full_name"))?,
        phone_number: text(body.phone_number, &path.member("phone_number"))?,
    })
}

fn groups(
    body: Member<Few<Object<GroupBody<'_>>, 1>>,
    asked: Asked,
    path: &Path<'_>,
) -> Result<Option<Vec<GroupWanted>>, Malformed> {
    let bodies = match body {
        Member::Absent => return Ok(None),
        Member::Null => vec![],
        Member::Given(Few(bodies)) => bodies,
    };
    let wanted = |(index, Object(body))| group(body, asked, &path.item(index));
    bodies.into_iter().enumerate().map(wanted).collect::<Result<_, _>>().map(Some)
}

fn group(body: GroupBody<'_>, asked: Asked, path: &Path<'_>) -> Result<GroupWanted, Malformed> {
    let id = body.id.filter(|_| asked == Asked::Update);
    let unknown = || foreign(&path.member("id"), "fulfillment group");
    Ok(GroupWanted {
        id: id.map(|Word(id)| GroupId::parse(&id).map_err(|_| unknown())).transpose()?,
        selected_option: selection(body.selected_option_id, &path.member("selected_option_id"))?,
    })
}

/// `null` chooses nothing; absent leaves the choice as it is.
fn selection(body: Member<Word<'_>>, path: &Path<'_>) -> Result<Option<Option<Text>>, Malformed> {
    match body {
        Member::Absent => Ok(None),
        Member::Null => Ok(Some(None)),
        Member::Given(Word(id)) => words(&id, path).map(|id| Some(Some(id))),
    }
}
