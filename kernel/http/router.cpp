#include "kernel/http/router.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/request_span.hpp"

namespace emporion::http {
namespace {

constexpr std::size_t method_count = 7;
constexpr std::array all_methods{Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del, Method::options};
constexpr std::size_t segments_max = 32;  // Longer paths than any template match nothing.

/// A segment of a template: a literal (a verb after a literal is part of it), or a parameter with or without a verb.
struct Segment {
  std::string_view literal;
  std::string_view parameter;
  std::string_view verb;
};

bool is_name(std::string_view text, std::string_view extra) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos;
  });
}

std::optional<Segment> parse_segment(std::string_view text, bool is_last) {
  if (!text.starts_with('{')) {
    const auto colon = text.find(':');
    const bool fine = is_name(text.substr(0, colon), "-._~") && text != "." && text != "..";
    if (!fine || (colon != std::string_view::npos && (!is_last || !is_name(text.substr(colon + 1), "_-")))) return std::nullopt;
    return Segment{text, {}, {}};
  }
  const auto close = text.find('}');
  if (close == std::string_view::npos || !is_name(text.substr(1, close - 1), "_.")) return std::nullopt;
  Segment out{{}, text.substr(1, close - 1), {}};
  const auto rest = text.substr(close + 1);
  if (rest.empty()) return out;
  if (!is_last || rest.front() != ':' || !is_name(rest.substr(1), "_-")) return std::nullopt;
  out.verb = rest.substr(1);
  return out;
}

/// "/a/b" as a, b; "/" as nothing. Answers the number of segments, or nothing if there are too many.
std::optional<std::size_t> split(std::string_view path, std::array<std::string_view, segments_max>& out) {
  std::size_t count = 0;
  if (path == "/") return count;
  for (std::size_t start = 1; start <= path.size();) {
    const auto end = std::min(path.find('/', start), path.size());
    if (count == segments_max) return std::nullopt;
    out[count++] = path.substr(start, end - start);
    start = end + 1;
  }
  return count;
}

std::string described(const Route& route) {
  const auto name = route.operation ? text(" (", route.operation->module, ".", route.operation->name, ")") : std::string();
  return text(to_string(route.method), " ", route.path_template, name);
}

}  // namespace

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> verbs;  ///< Of a parameter: "{id}:activate".
  std::array<const Route*, method_count> routes{};

  static Node& child(std::map<std::string, std::unique_ptr<Node>, std::less<>>& children, std::string_view name) {
    auto& slot = children[std::string(name)];
    if (!slot) slot = std::make_unique<Node>();
    return *slot;
  }

  Node& below(const Segment& segment) {
    if (segment.parameter.empty()) return child(literals, segment.literal);
    if (!parameter) parameter = std::make_unique<Node>();
    return segment.verb.empty() ? *parameter : child(parameter->verbs, segment.verb);
  }

  /// A HEAD request is answered by the GET route unless there is one of its own.
  const Route* route_for(Method method) const noexcept {
    const auto* own = routes[static_cast<std::size_t>(method)];
    if (!own && method == Method::head) own = routes[static_cast<std::size_t>(Method::get)];
    return own && own->is_public ? own : nullptr;
  }

  /// One walk over all nodes that the path could mean, the most literal first, until one knows the method.
  struct Walk {
    Method method;
    std::array<bool, method_count> allowed{};
    std::array<std::string_view, segments_max> parameters;
    std::size_t parameter_count = 0;

    const Route* arrive(const Node& node) {
      for (const auto candidate : all_methods) {
        if (node.route_for(candidate)) allowed[static_cast<std::size_t>(candidate)] = true;
      }
      return node.route_for(method);
    }

    const Route* find(const Node& node, std::span<const std::string_view> rest) {
      if (rest.empty()) return arrive(node);
      const auto segment = rest.front();
      if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
        if (const auto* route = find(*literal->second, rest.subspan(1))) return route;
      }
      if (!node.parameter || segment.empty()) return nullptr;
      if (const auto colon = segment.rfind(':'); rest.size() == 1 && colon != std::string_view::npos && colon > 0) {
        if (const auto verb = node.parameter->verbs.find(segment.substr(colon + 1)); verb != node.parameter->verbs.end()) {
          if (const auto* route = find_with(*verb->second, segment.substr(0, colon), {})) return route;
        }
      }
      return find_with(*node.parameter, segment, rest.subspan(1));
    }

    const Route* find_with(const Node& node, std::string_view value, std::span<const std::string_view> rest) {
      parameters[parameter_count++] = value;
      if (const auto* route = find(node, rest)) return route;
      --parameter_count;
      return nullptr;
    }
  };
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

Result<> Router::add(Route route) {
  const std::string_view path = route.path_template;
  const auto invalid = [&](std::string_view why) { return fail(ErrorKind::internal, "INVALID_ROUTE", text(described(route), ": ", why)); };
  std::array<std::string_view, segments_max> segments;
  if (!path.starts_with('/')) return invalid("a path template begins with a slash");
  const auto count = split(path, segments);
  if (!count) return invalid("too many segments");
  Node* node = root_.get();
  std::vector<std::string_view> names;
  std::vector<Segment> parsed;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto segment = parse_segment(segments[i], i + 1 == *count);
    if (!segment) return invalid(text("segment \"", segments[i], "\" is neither a literal nor {name}, with :verb on the last one alone"));
    if (!segment->parameter.empty() && std::ranges::find(names, segment->parameter) != names.end()) return invalid("a parameter is named twice");
    if (!segment->parameter.empty()) names.push_back(segment->parameter);
    parsed.push_back(*segment);
  }
  for (const auto& segment : parsed) node = &node->below(segment);
  auto& slot = node->routes[static_cast<std::size_t>(route.method)];
  if (slot) return fail(ErrorKind::internal, "DUPLICATE_ROUTE", text(described(*slot), " and ", described(route), " match the same requests"));
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  slot = routes_.back().get();
  return {};
}

Result<Router::Match> Router::match(Method method, std::string_view path) const {
  std::array<std::string_view, segments_max> segments;
  const auto count = path.starts_with('/') ? split(path, segments) : std::nullopt;
  Node::Walk walk{.method = method};
  if (count) {
    if (const auto* route = walk.find(*root_, std::span(segments).first(*count))) {
      name_span(method, *route);
      Match found{.route = route};
      found.parameters.reserve(walk.parameter_count);
      for (std::size_t i = 0; i < walk.parameter_count; ++i) found.parameters.emplace_back(walk.parameters[i]);
      return found;
    }
  }
  std::string allow;
  for (const auto allowed : all_methods) {
    if (!walk.allowed[static_cast<std::size_t>(allowed)]) continue;
    if (!allow.empty()) allow += ", ";
    allow += to_string(allowed);
  }
  if (allow.empty()) return fail(ErrorKind::not_found, "ROUTE_NOT_FOUND", "there is nothing at this path");
  return fail(Error(ErrorKind::method_not_allowed, "METHOD_NOT_ALLOWED", text("this path takes ", allow)).with("allow", allow));
}

}  // namespace emporion::http
