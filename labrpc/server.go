package labrpc

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"raftlab/labgob"
)

// Server is a set of services behind one name. It may be made, filled and added to a network in any order.
type Server struct {
	mu       sync.RWMutex // guards services
	services map[string]*Service
	requests atomic.Int64
}

// MakeServer returns a server without services.
func MakeServer() *Server {
	return &Server{services: make(map[string]*Service)}
}

// AddService adds the service, in place of one of the same name.
func (s *Server) AddService(service *Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services[service.name] = service
}

// GetCount returns how many requests have reached this server. Doubled ones count twice.
func (s *Server) GetCount() int { return int(s.requests.Load()) }

// Service is an object whose methods answer calls.
type Service struct {
	name     string
	receiver reflect.Value
	handlers map[string]*handler
}

// handler is one method that answers calls. It is fixed when its service is made, so that a call need not
// look at types.
type handler struct {
	function reflect.Value // with the receiver as its first argument
	args     reflect.Type  // what to decode into: the parameter's type, or what it points to
	pointer  bool          // whether the parameter is a pointer to it
	reply    reflect.Type  // what the reply parameter points to
}

// MakeService returns a service with the receiver's exported methods of the shape
//
//	func (receiver) Name(args A, reply *R)    or    func (receiver) Name(args *A, reply *R)
//
// named as the receiver's type is. Other methods are passed over. Each call runs in a goroutine of its own:
// handlers must be safe for concurrent use.
func MakeService(receiver any) *Service {
	s := &Service{receiver: reflect.ValueOf(receiver), handlers: make(map[string]*handler)}
	t := s.receiver.Type()
	s.name = reflect.Indirect(s.receiver).Type().Name()
	for i := range t.NumMethod() {
		m := t.Method(i)
		if m.Type.NumIn() != 3 || m.Type.NumOut() != 0 || m.Type.In(2).Kind() != reflect.Pointer ||
			m.Type.IsVariadic() {
			continue
		}
		h := &handler{function: m.Func, args: m.Type.In(1), reply: m.Type.In(2).Elem()}
		if h.args.Kind() == reflect.Pointer {
			h.pointer, h.args = true, h.args.Elem()
		}
		s.handlers[m.Name] = h
	}
	return s
}

// find returns the service and handler that a "Service.Method" names, or an error that says what there is.
func (s *Server) find(svcMeth string, server any) (*Service, *handler, error) {
	name, method, ok := cutLast(svcMeth)
	if !ok {
		return nil, nil, errors.New(`want "Service.Method"`)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	service := s.services[name]
	if service == nil {
		return nil, nil, fmt.Errorf("server %v has no service %s; it has %s", server, name, names(s.services))
	}
	h := service.handlers[method]
	if h == nil {
		return nil, nil, fmt.Errorf("service %s has no method %s; it has %s", name, method, names(service.handlers))
	}
	return service, h, nil
}

// cutLast splits "Service.Method" at its last dot.
func cutLast(svcMeth string) (service, method string, ok bool) {
	dot := strings.LastIndexByte(svcMeth, '.')
	if dot < 0 {
		return "", "", false
	}
	return svcMeth[:dot], svcMeth[dot+1:], true
}

func names[V any](m map[string]V) string {
	if len(m) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// handle runs one request through the method and returns the encoded reply. Arguments and reply are made
// anew each time: a handler may keep them, and may run on after its call has failed.
func (s *Server) handle(svcMeth string, server any, request []byte) ([]byte, error) {
	service, h, err := s.find(svcMeth, server)
	if err != nil {
		return nil, err
	}
	args, reply := reflect.New(h.args), reflect.New(h.reply)
	if err := labgob.Unmarshal(request, args.Interface()); err != nil {
		return nil, fmt.Errorf("decode the arguments into %v: %w", h.args, err)
	}
	if !h.pointer {
		args = args.Elem()
	}
	h.function.Call([]reflect.Value{service.receiver, args, reply})
	answer, err := labgob.Marshal(reply.Interface())
	if err != nil {
		return nil, fmt.Errorf("encode the reply: %w", err)
	}
	return answer, nil
}
