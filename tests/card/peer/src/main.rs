// SPDX-License-Identifier: BSD-2-Clause
//! peer HOST:PORT BUTTON [contactless]: a card that others wrote, behind a vpcd.
//!
//! The applets and the dispatch in front of them are the crates
//! `piv-authenticator`, `opcard`, `fido-authenticator` and `apdu-dispatch`, as
//! a Nitrokey 3 has them.  In a reader with contacts it is a card with PIV and
//! OpenPGP, in a contactless one with FIDO2: that is what these applets take.
//!
//! Here is only the board: storage in memory that lives as long as the
//! process, the kernel's random bytes, and a button that is pressed while the
//! file BUTTON exists.  A power-off or a reset of the card ends every applet,
//! as it would on a chip.

use std::{
    env, io,
    io::{Read, Write},
    net::TcpStream,
    os::linux::net::TcpStreamExt,
    path::PathBuf,
    time::{Duration, Instant},
};

use apdu_dispatch::{app::App, dispatch::ApduDispatch, interchanges};
use rand_core::OsRng;
use trussed::{
    backend::BackendId,
    pipe::TrussedChannel,
    platform,
    virt::{Client, Runner, Store, StoreConfig},
};
use trussed_auth_backend::{AuthBackend, FilesystemLayout};
use trussed_core::types::{consent::Level, Bytes, Location};
use trussed_derive::{ExtensionDispatch, ExtensionId};
use trussed_staging::StagingBackend;

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const GET_ATR: u8 = 4;
/// T=1, no historical bytes.
const ATR: [u8; 4] = [0x3b, 0x80, 0x01, 0x81];

#[derive(Clone, Copy)]
enum Backend {
    Staging,
    Auth,
}

#[derive(Clone, Copy, ExtensionId)]
enum Extension {
    Auth = 0,
    Chunked = 1,
    FsInfo = 2,
    Hkdf = 3,
    Hpke = 4,
    WrapKeyToFile = 5,
}

#[derive(ExtensionDispatch)]
#[dispatch(backend_id = "Backend", extension_id = "Extension")]
#[extensions(
    Auth = "trussed_auth::AuthExtension",
    Chunked = "trussed_chunked::ChunkedExtension",
    FsInfo = "trussed_fs_info::FsInfoExtension",
    Hkdf = "trussed_hkdf::HkdfExtension",
    Hpke = "trussed_hpke::HpkeExtension",
    WrapKeyToFile = "trussed_wrap_key_to_file::WrapKeyToFileExtension"
)]
struct Services {
    #[extensions("Chunked", "FsInfo", "Hkdf", "Hpke", "WrapKeyToFile")]
    staging: StagingBackend,
    #[extensions("Auth")]
    auth: AuthBackend,
}

const BACKENDS: &[BackendId<Backend>] = &[
    BackendId::Custom(Backend::Staging),
    BackendId::Custom(Backend::Auth),
    BackendId::Core,
];

impl Services {
    fn new() -> Self {
        let key = Bytes::from(b"the key that a chip would have");
        Self {
            staging: StagingBackend::new(),
            auth: AuthBackend::with_hw_key(Location::Internal, key, FilesystemLayout::V0),
        }
    }
}

struct Button {
    file: PathBuf,
    since: Instant,
}

impl platform::UserInterface for Button {
    fn check_user_presence(&mut self) -> Level {
        if self.file.exists() {
            Level::Normal
        } else {
            Level::None
        }
    }

    fn uptime(&mut self) -> Duration {
        self.since.elapsed()
    }
}

struct Board<'a> {
    store: Store<'a>,
    button: Button,
    random: OsRng,
}

impl<'a> platform::Platform for Board<'a> {
    type R = OsRng;
    type S = Store<'a>;
    type UI = Button;

    fn rng(&mut self) -> &mut OsRng {
        &mut self.random
    }

    fn store(&self) -> Store<'a> {
        self.store
    }

    fn user_interface(&mut self) -> &mut Button {
        &mut self.button
    }
}

/// The card's end of the connection: a length of two bytes, then a message.
struct Line(TcpStream);

impl Line {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 2];
        // The other side sends length and message apart and waits between
        // them for an acknowledgement, which Linux would delay by 40 ms.
        self.0.set_quickack(true)?;
        self.0.read_exact(&mut length)?;
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        self.0.read_exact(&mut message)?;
        Ok(message)
    }

    fn write(&mut self, message: &[u8]) -> io::Result<()> {
        let length = u16::try_from(message.len()).map_err(io::Error::other)?;
        self.0.write_all(&[&length.to_be_bytes(), message].concat())
    }
}

/// What the command line says.
struct Settings {
    address: String,
    button: PathBuf,
    contactless: bool,
}

/// One session of the applets: commands until the power goes.
fn powered(settings: &Settings, line: &mut Line, apps: &mut [&mut dyn App]) -> io::Result<()> {
    let channels = [interchanges::Channel::new(), interchanges::Channel::new()];
    let [(mut contact, card), (mut contactless, other)] = channels
        .each_ref()
        .map(|c| c.split().expect("a new channel"));
    let mut dispatch = ApduDispatch::new(card, other);
    let reader = match settings.contactless {
        true => &mut contactless,
        false => &mut contact,
    };
    loop {
        let message = line.read()?;
        match message[..] {
            [POWER_OFF] | [RESET] => return Ok(()),
            [POWER_ON] => {}
            [GET_ATR] => line.write(&ATR)?,
            _ => {
                let command = interchanges::Data::from_slice(&message)
                    .map_err(|_| io::Error::other("too long a command"))?;
                reader.request(command).expect("a free channel");
                while dispatch.poll(apps).is_none() {}
                let answer = reader.take_response().expect("an answer");
                line.write(&answer)?;
            }
        }
    }
}

/// Power up with what the storage holds, until the power goes.
fn power_cycle(settings: &Settings, store: &mut StoreConfig, line: &mut Line) -> io::Result<()> {
    store.with_store(|store| {
        let button = Button {
            file: settings.button.clone(),
            since: Instant::now(),
        };
        let board = Board {
            store,
            button,
            random: OsRng,
        };
        let channels = ["piv", "opcard", "fido"].map(|name| (name, TrussedChannel::new()));
        let mut runner = Runner::new();
        let clients = channels.each_ref().map(|(name, channel)| {
            let (requester, responder) = channel.split().expect("a new channel");
            runner.add_endpoint(responder, name, BACKENDS);
            Client::<Services>::new(requester, runner.syscall(), None)
        });
        runner.run(board, Services::new(), || {
            let [piv, opcard, fido] = clients;
            let mut piv = piv_authenticator::Authenticator::new(piv, Default::default());
            let mut opcard = opcard::Card::new(opcard, Default::default());
            let mut fido = fido_authenticator::Authenticator::new(
                fido,
                fido_authenticator::Conforming {},
                fido_authenticator::Config::new(interchanges::SIZE),
            );
            powered(settings, line, &mut [&mut piv, &mut opcard, &mut fido])
        })
    })
}

fn settings() -> Option<Settings> {
    let mut arguments = env::args().skip(1);
    Some(Settings {
        address: arguments.next()?,
        button: arguments.next()?.into(),
        contactless: arguments.next().is_some_and(|word| word == "contactless"),
    })
}

fn main() -> io::Result<()> {
    let settings = settings().expect("usage: peer HOST:PORT BUTTON [contactless]");
    let mut line = Line(TcpStream::connect(&settings.address)?);
    line.0.set_nodelay(true)?;
    let mut store = StoreConfig::ram();
    loop {
        power_cycle(&settings, &mut store, &mut line)?;
        store.internal.format = false;
        store.external.format = false;
    }
}
