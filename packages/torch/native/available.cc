// How much memory is still available, by the system, every control group around this process, and its own limit.
#include "binding.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>

namespace binding {
namespace {

// The two versions of control groups report the same under different names.
struct Hierarchy {
  std::string root, limit, used, inactiveFiles, activeFiles;
};
const Hierarchy version1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", "total_active_file"};
const Hierarchy version2 = {"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file", "active_file"};

// Version 1 writes an enormous number if there is no limit.
constexpr size_t kNoLimit = size_t{1} << 60;

size_t minus(size_t from, size_t amount) { return from > amount ? from - amount : 0; }

// The number after `name` and a colon or space; SIZE_MAX if there is none.
size_t readField(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    size_t value = 0;
    if (words >> word && word == name && words >> value) return value;
  }
  return SIZE_MAX;
}

// SIZE_MAX if there is no such file, or if it says "max".
size_t readNumber(const std::string& path) {
  std::ifstream file(path);
  size_t value = 0;
  return file >> value ? value : SIZE_MAX;
}

// What a group's limit leaves. Pages of files count as used, but the system frees them on demand.
size_t leftInGroup(const Hierarchy& hierarchy, const std::string& folder) {
  size_t limit = readNumber(folder + "/" + hierarchy.limit);
  if (limit >= kNoLimit) return SIZE_MAX;
  size_t used = readNumber(folder + "/" + hierarchy.used);
  size_t inactive = readField(folder + "/memory.stat", hierarchy.inactiveFiles);
  size_t active = readField(folder + "/memory.stat", hierarchy.activeFiles);
  size_t files = inactive == SIZE_MAX || active == SIZE_MAX ? 0 : inactive + active;
  return used == SIZE_MAX ? SIZE_MAX : minus(limit, minus(used, files));
}

// The least that this process's group and those around it leave. In a container its path may be the host's: then only
// the folders that exist here count, and the root is the container's own.
size_t leftInGroups() {
  size_t left = SIZE_MAX;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    size_t first = line.find(':');
    size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && ("," + controllers + ",").find(",memory,") == std::string::npos) continue;
    const Hierarchy& hierarchy = controllers.empty() ? version2 : version1;
    std::string path = line.substr(second + 1);
    for (;;) {
      left = std::min(left, leftInGroup(hierarchy, hierarchy.root + path));
      size_t slash = path.rfind('/');
      if (slash == std::string::npos || path == "/") break;
      path.resize(slash);
    }
  }
  return left;
}

// The size of this process's address space, or the part of it that is in memory.
size_t ownPages(bool resident) {
  std::ifstream file("/proc/self/statm");
  size_t total = 0, inMemory = 0;
  if (!(file >> total >> inMemory)) return 0;
  return (resident ? inMemory : total) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

size_t residentMemory() { return ownPages(true); }

size_t availableMemory() {
  size_t kilobytes = readField("/proc/meminfo", "MemAvailable:");
  size_t available = std::min(kilobytes == SIZE_MAX ? SIZE_MAX : kilobytes << 10, leftInGroups());
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    available = std::min(available, minus(limit.rlim_cur, ownPages(false)));
  return available;
}

}  // namespace binding
