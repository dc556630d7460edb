#include "apps/emporion/retail/csv_reader.hpp"

#include <zlib.h>  // tidy-allow(third_party_include): the file comes gzipped; nothing else reads it.

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::app::retail {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;
constexpr std::size_t record_bytes_max = 64 * 1024;

}  // namespace

struct CsvReader::Impl {
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (file != nullptr) gzclose(file);
  }

  /// Fills the block again. False at the end. The fingerprint is a chain over blocks, so it needs no hash with a state.
  Result<bool> refill() {
    at = 0;
    if (file == nullptr) {
      block.clear();
      return false;
    }
    block.resize(block_bytes);
    const int got = gzread(file, block.data(), static_cast<unsigned>(block.size()));
    int code = Z_OK;
    const char* const message = gzerror(file, &code);
    if (got < 0 || code != Z_OK) {
      block.clear();
      return fail(ErrorKind::unavailable, "FILE_UNREADABLE", text(path, " at row ", row + 1, ": ", code == Z_BUF_ERROR ? "the file ends too early" : message));
    }
    block.resize(static_cast<std::size_t>(got));
    if (got > 0) chain = security::sha256(chain + security::sha256(block));
    return got > 0;
  }
  /// The next byte, or -1 at the end.
  Result<int> take() {
    if (at == block.size()) {
      EMP_ASSIGN(const bool more, refill());
      if (!more) return -1;
    }
    return static_cast<unsigned char>(block[at++]);
  }

  gzFile file = nullptr;
  std::string path;
  std::uint64_t size = 0;
  std::string block;
  std::size_t at = 0;
  std::uint64_t row = 0;  ///< Of the record read last.
  std::string chain = "emporion csv 1";
};

CsvReader::CsvReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CsvReader::CsvReader(CsvReader&&) noexcept = default;
CsvReader& CsvReader::operator=(CsvReader&&) noexcept = default;
CsvReader::~CsvReader() = default;

Result<CsvReader> CsvReader::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  std::error_code status;
  if (!std::filesystem::is_regular_file(path, status)) return fail(ErrorKind::not_found, "FILE_UNREADABLE", text(path, ": no such file"));
  impl->file = gzopen(path.c_str(), "rbe");
  if (impl->file == nullptr) return fail(ErrorKind::unavailable, "FILE_UNREADABLE", text(path, ": ", std::strerror(errno)));
  impl->path = path;
  impl->size = std::filesystem::file_size(path, status);
  return CsvReader(std::move(impl));
}

CsvReader CsvReader::of_text(std::string text) {
  auto impl = std::make_unique<Impl>();
  impl->path = "text";
  impl->size = text.size();
  impl->chain = security::sha256(impl->chain + security::sha256(text));
  impl->block = std::move(text);
  return CsvReader(std::move(impl));
}

Result<std::optional<CsvRecord>> CsvReader::next() {
  CsvRecord record;
  std::string field;
  std::size_t length = 0;
  bool is_open = false;     // Inside quotes.
  bool was_quoted = false;  // The field began with a quote.
  bool any = false;
  std::string_view fault;
  for (;;) {
    EMP_ASSIGN(const int byte, impl_->take());
    if (byte < 0) {
      if (is_open) fault = "a quoted field does not end";
      break;
    }
    any = true;
    const char c = static_cast<char>(byte);
    if (++length > record_bytes_max && fault.empty()) {
      fault = "a record over 64 KiB: a quoted field does not end";
      is_open = false;
    }
    if (is_open) {
      if (c != '"') {
        field.push_back(c);
        continue;
      }
      EMP_ASSIGN(const int follower, impl_->take());
      if (follower == '"') {
        field.push_back('"');
        continue;
      }
      is_open = false;
      if (follower >= 0) --impl_->at;  // Put back: take() never refills before the byte it answers.
      continue;
    }
    if (c == '\n') break;
    if (!fault.empty()) continue;
    if (c == ',') {
      record.fields.push_back(std::move(field));
      field.clear();
      was_quoted = false;
    } else if (c == '"') {
      if (!field.empty() || was_quoted) {
        fault = "a quote inside a field";
      } else {
        is_open = was_quoted = true;
      }
    } else if (c != '\r') {
      if (was_quoted) fault = "text after a closing quote";
      field.push_back(c);
    }
  }
  if (!any) return std::optional<CsvRecord>();
  record.row = ++impl_->row;
  if (!fault.empty()) return fail(ErrorKind::invalid_argument, "CSV_MALFORMED", text("row ", record.row, ": ", fault));
  record.fields.push_back(std::move(field));
  for (const auto& value : record.fields) {
    if (!is_valid_utf8(value)) return fail(ErrorKind::invalid_argument, "CSV_NOT_UTF8", text("row ", record.row, ": not UTF-8"));
  }
  return std::optional(std::move(record));
}

std::string CsvReader::fingerprint() const { return security::hex(security::sha256(impl_->chain)); }
std::uint64_t CsvReader::bytes_read() const noexcept {
  if (impl_->file == nullptr) return impl_->size;
  const auto offset = gzoffset(impl_->file);
  return offset < 0 ? impl_->size : static_cast<std::uint64_t>(offset);
}
std::uint64_t CsvReader::bytes_total() const noexcept { return impl_->size; }

}  // namespace emporion::app::retail
