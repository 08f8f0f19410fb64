#pragma once

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <iostream>
#include <string>

// The driver's protocol (bench/driver/protocol.ts): one JSON object per line.
namespace lines {

using Object = google::protobuf::Struct;

inline void answer(const Object& object) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(object, &json);
  std::cout << json << std::endl;
}

inline Object number(const std::string& name, double value) {
  Object object;
  (*object.mutable_fields())[name].set_number_value(value);
  return object;
}

inline Object string(const std::string& name, const std::string& value) {
  Object object;
  (*object.mutable_fields())[name].set_string_value(value);
  return object;
}

// Tells the runner what went wrong, and ends the program with status 1 without waiting for anything.
[[noreturn]] inline void fail(const std::string& message) {
  answer(string("error", message));
  std::_Exit(1);
}

// The runner's next order; false when its standard input ended.
inline bool next(Object& order) {
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  order.Clear();
  if (!google::protobuf::util::JsonStringToMessage(line, &order).ok()) fail("not JSON: " + line);
  return true;
}

}  // namespace lines
