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

// Server is a set of services behind one name. It may be made, filled and added to a network in any
// order.
type Server struct {
	mu       sync.RWMutex // guards the maps
	services map[string]*Service
	handlers map[string]*handler // of all services, by "Service.Method"
	requests atomic.Int64
}

// MakeServer returns a server without services.
func MakeServer() *Server {
	return &Server{services: make(map[string]*Service), handlers: make(map[string]*handler)}
}

// AddService adds the service, in place of one of the same name.
func (s *Server) AddService(service *Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if former := s.services[service.name]; former != nil {
		for method := range former.handlers {
			delete(s.handlers, service.name+"."+method)
		}
	}
	s.services[service.name] = service
	for method, h := range service.handlers {
		s.handlers[service.name+"."+method] = h
	}
}

// GetCount returns how many requests have reached this server. Doubled ones count twice.
func (s *Server) GetCount() int { return int(s.requests.Load()) }

// Serve runs one request through the method that svcMeth names, in the caller's goroutine, and returns the
// encoded reply, which the caller owns. It is for programs that have no Network: see Carrier. The error, which names
// what exists, is misuse by whoever sent the request; name is what it calls this server.
func (s *Server) Serve(svcMeth string, name any, request []byte) (reply []byte, err error) {
	s.requests.Add(1)
	if reply, err = s.handle(svcMeth, name, request); err != nil {
		return nil, fmt.Errorf("labrpc: Call(%q): %w", svcMeth, err)
	}
	return reply, nil
}

// Service is an object whose methods answer calls.
type Service struct {
	name     string
	handlers map[string]*handler // by method
}

// handler is one method that answers calls. It is fixed when its service is made, so that a call
// need not look at types.
type handler struct {
	receiver reflect.Value
	function reflect.Value // takes the receiver first
	args     reflect.Type  // what to decode into: the parameter's type, or what it points to
	pointer  bool          // whether the parameter is a pointer to it
	reply    reflect.Type  // what the reply parameter points to
}

// MakeService returns a service with the receiver's exported methods of the shape
//
//	func (receiver) Name(args A, reply *R)    or    func (receiver) Name(args *A, reply *R)
//
// named as the receiver's type is; it panics if the receiver is nil. Other methods are passed over.
// Calls run side by side: handlers must be safe for concurrent use.
func MakeService(receiver any) *Service {
	if receiver == nil {
		panic(errors.New("labrpc: MakeService(nil): want an object with handlers"))
	}
	value := reflect.ValueOf(receiver)
	t := value.Type()
	s := &Service{name: reflect.Indirect(value).Type().Name(), handlers: make(map[string]*handler)}
	for i := range t.NumMethod() {
		m := t.Method(i)
		if m.Type.NumIn() != 3 || m.Type.NumOut() != 0 || m.Type.In(2).Kind() != reflect.Pointer ||
			m.Type.IsVariadic() {
			continue
		}
		h := &handler{
			receiver: value,
			function: m.Func,
			args:     m.Type.In(1),
			reply:    m.Type.In(2).Elem(),
		}
		if h.args.Kind() == reflect.Pointer {
			h.pointer, h.args = true, h.args.Elem()
		}
		s.handlers[m.Name] = h
	}
	return s
}

// find returns the handler that a "Service.Method" names, or an error that says what there is.
func (s *Server) find(svcMeth string, server any) (*handler, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if h := s.handlers[svcMeth]; h != nil {
		return h, nil
	}
	dot := strings.LastIndexByte(svcMeth, '.')
	if dot < 0 {
		return nil, errors.New(`want "Service.Method"`)
	}
	name, method := svcMeth[:dot], svcMeth[dot+1:]
	service := s.services[name]
	if service == nil {
		return nil, fmt.Errorf("server %v has no service %s; it has %s",
			server, name, names(s.services))
	}
	return nil, fmt.Errorf("service %s has no method %s; it has %s",
		name, method, names(service.handlers))
}

func names[V any](m map[string]V) string {
	if len(m) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// handle runs one request through the method and returns the encoded reply. Arguments and reply are
// made anew each time: a handler may keep them, and may run on after its call has failed.
func (s *Server) handle(svcMeth string, server any, request []byte) ([]byte, error) {
	h, err := s.find(svcMeth, server)
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
	h.function.Call([]reflect.Value{h.receiver, args, reply})
	answer, err := labgob.Marshal(reply.Interface())
	if err != nil {
		return nil, fmt.Errorf("encode the reply: %w", err)
	}
	return answer, nil
}
