//! A ZIP file (APPNOTE 6.3, stored entries, UTF-8 names) written into an open file. It reads none, compresses nothing and knows no ZIP64: what is longer
//! than a ZIP of 1993 can say is refused.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Crc;

use crate::clock::Timestamp;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// 2.0: stored entries in folders.
const VERSION: u16 = 20;
/// Bit 11: the name is UTF-8.
const UTF8: u16 = 1 << 11;
/// From the local header to its checksum.
const CRC_OFFSET: u64 = 14;
const BLOCK_BYTES: usize = 64 * 1024;

/// A ZIP file being written.
pub(crate) struct Zip {
    file: File,
    /// Date and time of all entries, as DOS has them.
    at: (u16, u16),
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    crc: u32,
    bytes: u32,
    offset: u32,
}

impl Zip {
    /// An empty one, whose entries are all of this moment in Japan.
    pub(crate) fn new(file: File, at: Timestamp) -> Self {
        let c = at.civil_jst();
        let small = |n: u32| u16::try_from(n).unwrap_or(0);
        let year = u16::try_from(c.year - 1980).unwrap_or(0).min(127);
        let date = (year << 9) | (small(c.month) << 5) | small(c.day);
        let time = (small(c.hour) << 11) | (small(c.minute) << 5) | (small(c.second) / 2);
        Self {
            file,
            at: (date, time),
            entries: Vec::new(),
        }
    }

    /// Adds what `content` gives under a name with `/` between folders.
    ///
    /// # Errors
    /// Those of reading and writing; [`io::ErrorKind::FileTooLarge`] beyond 4 GiB, or 65,535 entries.
    pub(crate) fn add(&mut self, name: &str, content: &mut dyn Read) -> io::Result<()> {
        let offset = short(self.file.stream_position()?)?;
        let mut entry = Entry {
            name: name.to_owned(),
            crc: 0,
            bytes: 0,
            offset,
        };
        self.file.write_all(&self.local(&entry)?)?;
        let (mut crc, mut bytes, mut block) = (Crc::new(), 0_u64, vec![0; BLOCK_BYTES]);
        loop {
            let read = match content.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            crc.update(&block[..read]);
            bytes += read as u64;
            self.file.write_all(&block[..read])?;
        }
        (entry.crc, entry.bytes) = (crc.sum(), short(bytes)?);
        // The header stands before what it counts.
        self.file.seek(SeekFrom::Start(u64::from(offset) + CRC_OFFSET))?;
        self.file.write_all(&sums(&entry))?;
        self.file.seek(SeekFrom::End(0))?;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the directory; its length in bytes.
    ///
    /// # Errors
    /// As [`Zip::add`].
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        let begin = short(self.file.stream_position()?)?;
        let mut directory = Vec::new();
        for entry in &self.entries {
            directory.extend(self.central(entry)?);
        }
        let count = u16::try_from(self.entries.len()).map_err(|_| too_large())?;
        let length = short(directory.len() as u64)?;
        directory.extend(END.to_le_bytes());
        directory.extend([0; 4]);
        directory.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        directory.extend([length.to_le_bytes(), begin.to_le_bytes()].concat());
        directory.extend([0; 2]);
        self.file.write_all(&directory)?;
        self.file.sync_all()?;
        self.file.stream_position()
    }

    fn local(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let mut out = LOCAL.to_le_bytes().to_vec();
        out.extend(self.head(entry)?);
        out.extend(entry.name.as_bytes());
        Ok(out)
    }

    /// Everything that both headers share, the lengths of name and extra field last.
    fn head(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let (date, time) = self.at;
        let name = u16::try_from(entry.name.len()).map_err(|_| too_large())?;
        let mut out = Vec::new();
        for number in [VERSION, UTF8, 0, time, date] {
            out.extend(number.to_le_bytes());
        }
        out.extend(sums(entry));
        out.extend([name.to_le_bytes(), [0; 2]].concat());
        Ok(out)
    }

    fn central(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let mut out = CENTRAL.to_le_bytes().to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend(self.head(entry)?);
        // No comment, disk 0, no attributes.
        out.extend([0; 10]);
        out.extend(entry.offset.to_le_bytes());
        out.extend(entry.name.as_bytes());
        Ok(out)
    }
}

fn sums(entry: &Entry) -> Vec<u8> {
    [entry.crc, entry.bytes, entry.bytes].map(u32::to_le_bytes).concat()
}

fn short(number: u64) -> io::Result<u32> {
    u32::try_from(number).map_err(|_| too_large())
}

fn too_large() -> io::Error {
    io::ErrorKind::FileTooLarge.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// By other people's programs: `unzip` and Python read what was written.
    #[test]
    fn others_read_every_byte_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        let file = File::create_new(&path).unwrap();
        let mut zip = Zip::new(file, Timestamp::parse_rfc3339("2026-11-24T01:02:04Z").unwrap());
        zip.add("読んでください.txt", &mut "甲".as_bytes()).unwrap();
        zip.add("空.txt", &mut io::empty()).unwrap();
        let long = vec![7_u8; 200_000];
        zip.add("文書/1.bin", &mut &*long).unwrap();
        let bytes = zip.finish().unwrap();
        assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());
        let tested = Command::new("unzip").arg("-tq").arg(&path).output().unwrap();
        assert!(tested.status.success(), "{tested:?}");
        let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nprint(z.testzip(), [(i.filename, i.file_size, i.date_time) for i in z.infolist()])";
        let read = Command::new("python3")
            .arg("-c")
            .arg(script)
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8(read.stdout).unwrap();
        let wanted = "None [('読んでください.txt', 3, (2026, 11, 24, 10, 2, 4)), ('空.txt', 0, (2026, 11, 24, 10, 2, 4)), ('文書/1.bin', 200000, (2026, 11, 24, 10, 2, 4))]";
        assert_eq!(said.trim(), wanted);
    }
}
