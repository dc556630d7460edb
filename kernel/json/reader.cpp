#include "kernel/json/reader.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::json {
namespace {

constexpr std::size_t problems_max = 20;

// RFC 6901: ~ and / are escaped in a pointer.
void append_pointer_part(std::string& pointer, std::string_view name) {
  pointer += '/';
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

}  // namespace

Reader::At::At(Reader& reader, std::string_view name) : reader_(reader), length_(reader.pointer_.size()) { append_pointer_part(reader_.pointer_, name); }
Reader::At::At(Reader& reader, std::size_t index) : reader_(reader), length_(reader.pointer_.size()) { reader_.pointer_ += text('/', index); }
Reader::At::~At() { reader_.pointer_.resize(length_); }

void Reader::missing(std::string_view name) { add("MISSING_FIELD", "this member is required", name); }
void Reader::unknown(std::string_view name) { add("UNKNOWN_FIELD", "no such member", name.substr(0, 64)); }
void Reader::wrong_type(std::string_view expected) { add("WRONG_TYPE", text("expected ", expected)); }
void Reader::out_of_range(std::string_view rule) { add("OUT_OF_RANGE", std::string(rule)); }
void Reader::invalid(const Error& error) { add(error.reason(), error.detail()); }

void Reader::card_number() {
  problems_.insert(problems_.begin(), Problem{pointer_, "PAN_NOT_ACCEPTED", "card numbers are entered on the payment provider's page only"});
}

void Reader::add(std::string_view reason, std::string detail, std::string_view below) {
  if (problems_.size() >= problems_max) return;
  Problem problem{pointer_, std::string(reason), std::move(detail)};
  if (!below.empty()) append_pointer_part(problem.pointer, below);
  problems_.push_back(std::move(problem));
}

Error Reader::to_error() const {
  EMP_ASSERT(!problems_.empty());
  const Problem& first = problems_.front();
  std::string list;
  Writer writer(list);
  writer.begin_array();
  for (const auto& problem : problems_) {
    writer.begin_object().key("pointer").string(problem.pointer).key("reason").string(problem.reason).key("detail").string(problem.detail).end_object();
  }
  writer.end_array();
  return Error(ErrorKind::invalid_argument, first.reason, text(first.pointer.empty() ? "/" : first.pointer, ": ", first.detail))
      .with_json("errors", std::move(list));
}

}  // namespace emporion::json
