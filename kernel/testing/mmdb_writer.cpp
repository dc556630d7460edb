#include "kernel/testing/mmdb_writer.hpp"

#include <arpa/inet.h>

#include <array>
#include <fstream>

#include "kernel/base/assert.hpp"

namespace emporion::testing {
namespace {

constexpr int type_string = 2;
constexpr int type_uint16 = 5;
constexpr int type_uint32 = 6;
constexpr int type_map = 7;
constexpr int type_uint64 = 9;
constexpr int type_array = 11;
constexpr int type_boolean = 14;

void append_control(std::string& out, int type, std::size_t size) {
  EMP_ASSERT(size < 285);
  const int written = size < 29 ? static_cast<int>(size) : 29;
  out.push_back(static_cast<char>((type <= 7 ? type << 5 : 0) | written));
  if (type > 7) out.push_back(static_cast<char>(type - 7));
  if (size >= 29) out.push_back(static_cast<char>(size - 29));
}

void append_string(std::string& out, std::string_view text) {
  append_control(out, type_string, text.size());
  out.append(text);
}

void append_number(std::string& out, int type, std::uint64_t value) {
  std::string digits;
  for (; value != 0; value >>= 8) digits.insert(digits.begin(), static_cast<char>(value & 0xFF));
  append_control(out, type, digits.size());
  out.append(digits);
}

void append_value(std::string& out, const MmdbValue& value) {
  if (const auto* text = std::get_if<std::string>(&value.content)) {
    append_string(out, *text);
  } else if (const auto* number = std::get_if<std::uint32_t>(&value.content)) {
    append_number(out, type_uint32, *number);
  } else if (const auto* flag = std::get_if<bool>(&value.content)) {
    append_control(out, type_boolean, *flag ? 1 : 0);
  } else {
    const auto& members = *std::get<std::shared_ptr<MmdbValue::Members>>(value.content);
    append_control(out, type_map, members.size());
    for (const auto& [name, member] : members) {
      append_string(out, name);
      append_value(out, member);
    }
  }
}

}  // namespace

void MmdbWriter::add(std::string_view network, const MmdbValue& value) {
  const std::size_t slash = network.find('/');
  const std::string address(network.substr(0, slash));
  std::array<unsigned char, 16> bytes{};
  int bits = std::stoi(std::string(network.substr(slash + 1)));
  if (address.find(':') == std::string::npos) {  // IPv4 lies at ::/96.
    EMP_ASSERT(inet_pton(AF_INET, address.c_str(), bytes.data() + 12) == 1);
    bits += 96;
  } else {
    EMP_ASSERT(inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1);
  }
  const std::int64_t leaf = ~static_cast<std::int64_t>(data_.size());
  append_value(data_, value);
  std::size_t at = 0;
  for (int bit = 0; bit < bits; ++bit) {
    const int side = (bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8)) & 1;
    if (bit + 1 == bits) {
      EMP_ASSERT(nodes_[at].next[side] == nothing);
      nodes_[at].next[side] = leaf;
      return;
    }
    if (nodes_[at].next[side] == nothing) {
      nodes_[at].next[side] = static_cast<std::int64_t>(nodes_.size());
      nodes_.emplace_back();
    }
    EMP_ASSERT(nodes_[at].next[side] > 0);
    at = static_cast<std::size_t>(nodes_[at].next[side]);
  }
}

std::string MmdbWriter::bytes() const {
  std::string out;
  const auto count = static_cast<std::int64_t>(nodes_.size());
  for (const Node& node : nodes_) {
    for (const std::int64_t next : node.next) {
      const std::int64_t record = next == nothing ? count : next >= 0 ? next : count + 16 + ~next;
      for (int shift = 16; shift >= 0; shift -= 8) out.push_back(static_cast<char>((record >> shift) & 0xFF));
    }
  }
  out.append(16, '\0');
  out.append(data_);
  out.append("\xAB\xCD\xEFMaxMind.com");
  append_control(out, type_map, 9);
  append_string(out, "binary_format_major_version");
  append_number(out, type_uint16, 2);
  append_string(out, "binary_format_minor_version");
  append_number(out, type_uint16, 0);
  append_string(out, "build_epoch");
  append_number(out, type_uint64, 1'700'000'000);
  append_string(out, "database_type");
  append_string(out, "Emporion-Test");
  append_string(out, "description");
  append_control(out, type_map, 1);
  append_string(out, "en");
  append_string(out, "Invented networks");
  append_string(out, "ip_version");
  append_number(out, type_uint16, 6);
  append_string(out, "languages");
  append_control(out, type_array, 0);
  append_string(out, "node_count");
  append_number(out, type_uint32, nodes_.size());
  append_string(out, "record_size");
  append_number(out, type_uint16, 24);
  return out;
}

void MmdbWriter::write(const std::string& file) const {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << bytes();
  stream.close();
  EMP_ASSERT(stream.good());
}

}  // namespace emporion::testing
