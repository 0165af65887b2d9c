//! `tightlip generate`: documents that are made of the program itself.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory as _, Subcommand};
use clap_complete::Shell;

use super::{Cli, Failure, Process};
use tightlip::file::{self, Mode};
use tightlip::setup::schema;
use tightlip::text::escape::escape_path;

/// Write manual pages, completions of a shell, or the schema of .tightlip.toml
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    #[command(subcommand)]
    command: GenerateCommand,
}

#[derive(Debug, Subcommand)]
enum GenerateCommand {
    /// Manual pages: tightlip(1) to standard output, or one for each command to a directory
    Man {
        /// Directory, such as ~/.local/share/man/man1
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Completions for a shell, to standard output
    Completions {
        /// The shell
        shell: Shell,
    },
    /// JSON schema of .tightlip.toml, by which editors complete and check it
    Schema,
}

pub(super) fn run(args: &GenerateArgs, process: &mut Process<'_>) -> Result<u8, Failure> {
    let out = &mut process.streams.out;
    match &args.command {
        GenerateCommand::Man { folder: None } => {
            out.write_all(&page(&Cli::command(), "tightlip")?)?;
        }
        GenerateCommand::Man { folder: Some(folder) } => pages(folder)?,
        GenerateCommand::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "tightlip", &mut text);
            out.write_all(&text)?;
        }
        GenerateCommand::Schema => writeln!(out, "{:#}", schema())?,
    }
    Ok(0)
}

/// Writes the page of the program and one for each command.
fn pages(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make `{}`: {error}", escape_path(folder)))?;
    let write = |name: &str, text: &[u8]| {
        let file = folder.join(format!("{name}.1"));
        file::replace(&file, text, Mode::Plain)
            .map_err(|error| format!("cannot write `{}`: {error}", escape_path(&file)))
    };
    // Flags that every command takes are in each page only once it is built.
    let mut root = Cli::command();
    root.build();
    write("tightlip", &page(&root, "tightlip")?)?;
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = format!("tightlip-{}", command.get_name());
        write(&name, &page(command, &name)?)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let command = command.clone().display_name(name);
    clap_mangen::Man::new(command).title(name).render(&mut text)?;
    Ok(text)
}
