package main

import (
	"fmt"

	exprpb "cel.dev/expr"
	"faasbatch/lib/cel/conformance/peer"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// typed is a value of the specification in the encoding of the peer.
func typed(value *exprpb.Value) (any, error) {
	switch kind := value.GetKind().(type) {
	case *exprpb.Value_NullValue:
		return peer.Null(), nil
	case *exprpb.Value_BoolValue:
		return peer.Bool(kind.BoolValue), nil
	case *exprpb.Value_Int64Value:
		return peer.Int(kind.Int64Value), nil
	case *exprpb.Value_Uint64Value:
		return peer.Uint(kind.Uint64Value), nil
	case *exprpb.Value_DoubleValue:
		return peer.Double(kind.DoubleValue), nil
	case *exprpb.Value_StringValue:
		return peer.String(kind.StringValue), nil
	case *exprpb.Value_BytesValue:
		return peer.Bytes(kind.BytesValue), nil
	case *exprpb.Value_TypeValue:
		return peer.Type(kind.TypeValue), nil
	case *exprpb.Value_ListValue:
		return typedList(kind.ListValue)
	case *exprpb.Value_MapValue:
		return typedMap(kind.MapValue)
	case *exprpb.Value_ObjectValue:
		return typedObject(kind)
	}
	return nil, fmt.Errorf("no value of lib/cel: %v", value)
}

func typedList(list *exprpb.ListValue) (any, error) {
	items := []any{}
	for _, item := range list.Values {
		value, err := typed(item)
		if err != nil {
			return nil, err
		}
		items = append(items, value)
	}
	return peer.List(items), nil
}

func typedMap(entries *exprpb.MapValue) (any, error) {
	pairs := [][2]any{}
	for _, entry := range entries.Entries {
		key, err := typed(entry.Key)
		if err != nil {
			return nil, err
		}
		value, err := typed(entry.Value)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]any{key, value})
	}
	return peer.Map(pairs), nil
}

func typedObject(object *exprpb.Value_ObjectValue) (any, error) {
	message, err := object.ObjectValue.UnmarshalNew()
	if err != nil {
		return nil, err
	}
	switch known := message.(type) {
	case *durationpb.Duration:
		return peer.Duration(known.AsDuration().Nanoseconds()), nil
	case *timestamppb.Timestamp:
		return peer.Timestamp(known.Seconds, int64(known.Nanos)), nil
	}
	return nil, fmt.Errorf("message %s", object.ObjectValue.TypeUrl)
}
