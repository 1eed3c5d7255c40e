use crate::fleet::class::Shape;
use crate::fleet::machine::Approval;
use crate::wire::Object;
use crate::world::World;

use super::catalog::role_of;

/// What filters and paging need to know of a device, without its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    /// Position in the fleet; `None` for a device that was added by hand.
    pub(crate) device: Option<usize>,
    pub(crate) organization: i64,
    pub(crate) location: i64,
    pub(crate) role: i64,
    pub(crate) class: String,
    pub(crate) status: String,
    pub(crate) offline: bool,
    /// Epoch seconds.
    pub(crate) created: i64,
    pub(crate) ghost: bool,
    /// Has been changed or added by hand, so its row says what reports have.
    pub(crate) edited: bool,
}

/// All devices in ascending order of id.
pub(crate) struct DeviceList {
    entries: Vec<Entry>,
}

impl DeviceList {
    pub(crate) fn of(world: &World) -> Self {
        let edits = &world.edits.devices;
        let fleet = world.fleet.devices().iter().enumerate();
        let mut entries: Vec<Entry> = fleet
            .filter(|(_, device)| edits.is_empty() || !edits.removes(&device.id.to_string()))
            .map(|(at, device)| {
                let edited = !edits.is_empty() && edits.touches(&device.id.to_string());
                if !edited {
                    return Entry::quick(world, at);
                }
                Entry::read(world.edited_device(at), Some(at), device.id)
            })
            .collect();
        for id in edits.added() {
            let row = edits.over(id, edits.added_row(id).unwrap_or_default());
            let entry = Entry::read(row, None, 0);
            entries.retain(|old| old.id != entry.id);
            entries.push(entry);
        }
        entries.sort_by_key(|entry| entry.id);
        Self { entries }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn find(&self, id: i64) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        self.entries.get(at)
    }

    pub(crate) fn highest_id(&self) -> i64 {
        self.entries.last().map_or(100, |entry| entry.id)
    }
}

impl Entry {
    fn quick(world: &World, at: usize) -> Self {
        let device = &world.fleet.devices()[at];
        let machine = world.fleet.machine(device.machine);
        Self {
            id: device.id,
            device: Some(at),
            organization: device.organization_id,
            location: device.location_id,
            role: role_of(machine.class),
            class: machine.class.name().to_owned(),
            status: device.status.name().to_owned(),
            offline: world.is_offline(device),
            created: world.created(device).secs(),
            ghost: device.ghost,
            edited: false,
        }
    }

    /// A row that hides its id keeps its place in the list.
    #[expect(clippy::needless_pass_by_value, reason = "the row was made to be read here")]
    fn read(row: Object, device: Option<usize>, place: i64) -> Self {
        let text = |key: &str| row.text(key).unwrap_or_default().to_owned();
        Self {
            id: row.int("id").unwrap_or(place),
            device,
            organization: row.int("organizationId").unwrap_or_default(),
            location: row.int("locationId").unwrap_or_default(),
            role: row.int("nodeRoleId").unwrap_or_default(),
            class: text("nodeClass"),
            status: text("approvalStatus"),
            offline: row.flag("offline"),
            created: row.int("created").unwrap_or_default(),
            ghost: false,
            edited: true,
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.status == Approval::Pending.name()
    }

    /// Whether an agent on it has told its inventory, going by the fleet alone.
    pub(crate) fn has_inventory(&self, world: &World) -> bool {
        self.device.is_some_and(|at| {
            let device = &world.fleet.devices()[at];
            device.silence.is_some() && world.fleet.machine(device.machine).class.shape() == Shape::Agent
        })
    }
}
