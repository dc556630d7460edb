#include "tools/codegen/descriptors.hpp"

#include <google/protobuf/descriptor.pb.h>

#include <set>

#include "tools/codegen/output.hpp"

namespace emporion::codegen {
namespace {

constexpr std::size_t line_length_max = 150;

void add_after_imports(const pb::FileDescriptor& file, std::set<const pb::FileDescriptor*>& seen, std::vector<const pb::FileDescriptor*>& out) {
  if (!seen.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) add_after_imports(*file.dependency(i), seen, out);
  out.push_back(&file);
}

/// One byte inside a literal. Octal digits end after three, whatever follows.
std::string escaped(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c != '"' && c != '\\' && byte >= 0x20 && byte < 0x7F) return {c};
  return {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + (byte >> 3 & 7)), static_cast<char>('0' + (byte & 7))};
}

/// `bytes` as one std::string_view literal over several lines.
std::string bytes_literal(std::string_view bytes) {
  std::string out;
  std::string line;
  for (const char c : bytes) {
    line += escaped(c);
    if (line.size() < line_length_max) continue;
    out += "    \"" + line + "\"\n";
    line.clear();
  }
  return out + "    \"" + line + "\"sv";
}

}  // namespace

std::string descriptors_header() {
  return R"(// Generated from all contracts by tools/codegen.
#pragma once

#include <span>
#include <string_view>

namespace emporion::contracts {

/// All contracts and what they import, as serialized google.protobuf.FileDescriptorProto, each after those that it imports. The bytes live for ever.
std::span<const std::string_view> descriptors() noexcept;

}  // namespace emporion::contracts
)";
}

std::string descriptors_source(const std::vector<const pb::FileDescriptor*>& files) {
  std::set<const pb::FileDescriptor*> seen;
  std::vector<const pb::FileDescriptor*> ordered;
  for (const auto* file : files) add_after_imports(*file, seen, ordered);
  Output out;
  out.print(R"(// Generated from all contracts by tools/codegen.
#include "contracts/descriptors.hpp"

#pragma clang diagnostic ignored "-Woverlength-strings"

namespace emporion::contracts {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view files[] = {
)");
  for (const auto* file : ordered) {
    pb::FileDescriptorProto declared;
    file->CopyTo(&declared);
    out.print("    // " + file->name() + "\n" + bytes_literal(declared.SerializeAsString()) + ",\n");
  }
  out.print(R"(};

}  // namespace

std::span<const std::string_view> descriptors() noexcept { return files; }

}  // namespace emporion::contracts
)");
  return out.finish();
}

}  // namespace emporion::codegen
