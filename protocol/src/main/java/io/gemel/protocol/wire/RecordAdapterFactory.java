package io.gemel.protocol.wire;

import com.squareup.moshi.JsonAdapter;
import com.squareup.moshi.JsonDataException;
import com.squareup.moshi.JsonReader;
import com.squareup.moshi.JsonWriter;
import com.squareup.moshi.Moshi;
import com.squareup.moshi.Types;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Adapters of records and of their {@code Optional} components. Moshi's own leaves a missing component null; this one
 * names it. A component whose name is {@code isX}, for a word that Java reserves, is {@code x} in JSON.
 */
final class RecordAdapterFactory implements JsonAdapter.Factory {

    @Override
    public JsonAdapter<?> create(Type type, Set<? extends Annotation> annotations, Moshi moshi) {
        if (!annotations.isEmpty()) {
            return null;
        }
        Class<?> raw = Types.getRawType(type);
        if (raw == Optional.class && type instanceof ParameterizedType optional) {
            return new OptionalAdapter(moshi.adapter(optional.getActualTypeArguments()[0]));
        }
        return raw.isRecord() ? new RecordAdapter(raw, moshi) : null;
    }

    /** Absent is null. */
    private static final class OptionalAdapter extends JsonAdapter<Optional<?>> {
        private final JsonAdapter<Object> value;

        OptionalAdapter(JsonAdapter<Object> value) {
            this.value = value;
        }

        @Override
        public Optional<?> fromJson(JsonReader reader) throws IOException {
            if (reader.peek() == JsonReader.Token.NULL) {
                reader.nextNull();
                return Optional.empty();
            }
            return Optional.ofNullable(value.fromJson(reader));
        }

        @Override
        public void toJson(JsonWriter writer, Optional<?> optional) throws IOException {
            if (optional == null || optional.isEmpty()) {
                boolean before = writer.getSerializeNulls();
                writer.setSerializeNulls(true);
                writer.nullValue();
                writer.setSerializeNulls(before);
            } else {
                value.toJson(writer, optional.get());
            }
        }
    }

    private static final class RecordAdapter extends JsonAdapter<Object> {
        private record Field(int index, RecordComponent component, JsonAdapter<Object> adapter) {}

        private final Class<?> type;
        private final Map<String, Field> fields = new LinkedHashMap<>();
        private final java.lang.reflect.Constructor<?> constructor;

        RecordAdapter(Class<?> type, Moshi moshi) {
            this.type = type;
            RecordComponent[] components = type.getRecordComponents();
            Class<?>[] types = new Class<?>[components.length];
            for (int i = 0; i < components.length; i++) {
                RecordComponent component = components[i];
                types[i] = component.getType();
                component.getAccessor().setAccessible(true);
                fields.put(
                        jsonName(component.getName()),
                        new Field(i, component, moshi.adapter(component.getGenericType())));
            }
            try {
                constructor = type.getDeclaredConstructor(types);
                constructor.setAccessible(true);
            } catch (NoSuchMethodException e) {
                throw new AssertionError(e);
            }
        }

        private static String jsonName(String component) {
            boolean escaped =
                    component.length() > 2 && component.startsWith("is") && Character.isUpperCase(component.charAt(2));
            return escaped ? Character.toLowerCase(component.charAt(2)) + component.substring(3) : component;
        }

        @Override
        public Object fromJson(JsonReader reader) throws IOException {
            Object[] values = new Object[fields.size()];
            reader.beginObject();
            while (reader.hasNext()) {
                Field field = fields.get(reader.nextName());
                if (field == null) {
                    reader.skipValue();
                } else {
                    values[field.index] = field.adapter.fromJson(reader);
                }
            }
            reader.endObject();
            fields.forEach((name, field) -> {
                if (values[field.index] == null) {
                    if (field.component.getType() != Optional.class) {
                        throw new JsonDataException("the field \"" + name + "\" is missing in " + type.getSimpleName()
                                + " at " + reader.getPath());
                    }
                    values[field.index] = Optional.empty();
                }
            });
            try {
                return constructor.newInstance(values);
            } catch (InvocationTargetException e) {
                throw new JsonDataException(String.valueOf(e.getCause().getMessage()), e.getCause());
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(type.getName(), e);
            }
        }

        @Override
        public void toJson(JsonWriter writer, Object value) throws IOException {
            if (value == null) {
                writer.nullValue();
                return;
            }
            writer.beginObject();
            for (Map.Entry<String, Field> entry : fields.entrySet()) {
                writer.name(entry.getKey());
                try {
                    entry.getValue()
                            .adapter
                            .toJson(
                                    writer,
                                    entry.getValue().component.getAccessor().invoke(value));
                } catch (ReflectiveOperationException e) {
                    throw new LinkageError(type.getName(), e);
                }
            }
            writer.endObject();
        }
    }
}
